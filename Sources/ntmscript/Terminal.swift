// The console of the commands: standard output and standard error by file descriptor.
//
// Output to a terminal appears at once; output to a pipe or file is gathered for moments, so that a
// long run can be followed there, and written before anything goes to standard error, so that the
// two keep their order in one log.

import Driver
import Glibc

final class Terminal: Console {
  let isLive: Bool
  let usesColour: Bool
  private let writesAtOnce: Bool
  private var pending: [UInt8] = []
  private var flushed = ContinuousClock.now
  /// How many lines the status has that stand on the screen.
  private var statusLines = 0
  /// The errno of a write that failed: a full disk, a closed pipe.
  private(set) var failure: Int32?

  /// - Parameter quiet: no transient lines, for `--json`.
  init(quiet: Bool = false) {
    let term = getenv("TERM").map { String(cString: $0) }
    let isDumb = term == nil || term == "dumb"
    isLive = isatty(STDERR_FILENO) == 1 && !isDumb && !quiet
    usesColour = isatty(STDERR_FILENO) == 1 && !isDumb && getenv("NO_COLOR") == nil
    writesAtOnce = isatty(STDOUT_FILENO) == 1
  }

  var width: Int {
    var size = winsize()
    if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return 80
  }

  func write(_ text: String) {
    eraseStatus()
    pending.append(contentsOf: text.utf8)
    if writesAtOnce || pending.count > 1 << 16 || ContinuousClock.now > flushed + .milliseconds(100)
    {
      flush()
    }
  }

  func writeError(_ text: String) {
    eraseStatus()
    flush()
    Terminal.writeAll(Array(text.utf8), to: STDERR_FILENO)
  }

  func showStatus(_ lines: String?) {
    guard isLive else { return }
    guard let lines else { return eraseStatus() }
    flush()
    // Back to the first line, then line after line, each erased behind its end.
    let cut = lines.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "\($0.prefix(max(width - 1, 1)))\u{1B}[K" }
    let text = Terminal.margin(above: statusLines) + cut.joined(separator: "\n") + "\u{1B}[J"
    Terminal.writeAll(Array(text.utf8), to: STDERR_FILENO)
    statusLines = cut.count
  }

  private func eraseStatus() {
    guard statusLines > 0 else { return }
    let text = Terminal.margin(above: statusLines) + "\u{1B}[J"
    Terminal.writeAll(Array(text.utf8), to: STDERR_FILENO)
    statusLines = 0
  }

  /// Moves to the margin of the first of so many lines.
  private static func margin(above lines: Int) -> String {
    lines > 1 ? "\r\u{1B}[\(lines - 1)A" : "\r"
  }

  /// Writes what is pending. To be called before the process ends.
  func flush() {
    guard !pending.isEmpty else { return }
    if let problem = Terminal.writeAll(pending, to: STDOUT_FILENO), failure == nil {
      failure = problem
    }
    pending.removeAll(keepingCapacity: true)
    flushed = .now
  }

  /// The errno of a failure, nil after success.
  @discardableResult
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = Glibc.write(
          descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
        if count >= 0 {
          offset += count
        } else if errno == EAGAIN {
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&ready, 1, 1000)
        } else if errno != EINTR {
          return errno
        }
      }
      return nil
    }
  }
}

// The built program at a terminal: what is typed reaches it as keys, Ctrl-C as a signal of the
// terminal, as for a person.

import Glibc

final class TerminalSession {
  enum Problem: Error { case noTerminal }

  private let process: pid_t
  private let keyboard: Int32
  private var hasEnded = false
  /// Everything that was shown and not yet waited for.
  private(set) var screen = ""

  /// - Parameter words: behind the name of the program.
  init(_ program: Program, _ words: String...) throws {
    keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (number, isLocked) = (Int32(0), Int32(0))
    guard keyboard >= 0, ioctl(keyboard, Self.unlock, &isLocked) == 0,
      ioctl(keyboard, Self.terminalNumber, &number) == 0
    else { throw Problem.noTerminal }
    // The leader of a session gets the terminal that it opens first for its own.
    process = try program.spawn(
      [program.path] + words, Self.newSession, terminal: "/dev/pts/\(number)")
    _ = fcntl(keyboard, F_SETFL, O_NONBLOCK)
  }

  deinit {
    if !hasEnded {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(keyboard)
  }

  // Of the headers of Linux, which Swift does not import: TIOCSPTLCK, TIOCGPTN, POSIX_SPAWN_SETSID.
  private static let unlock: UInt = 0x4004_5431
  private static let terminalNumber: UInt = 0x8004_5430
  private static let newSession: Int16 = 0x80

  static let controlC = "\u{3}"

  func type(_ keys: String) {
    let bytes = Array(keys.utf8)
    write(keyboard, bytes, bytes.count)
  }

  /// Waits until a text is shown, and forgets the screen up to its end.
  /// - Returns: false where it does not come in time.
  func shows(_ text: String, seconds: Int = 60) -> Bool {
    for _ in 0..<(seconds * 100) {
      if let end = screen.utf8Range(of: text) {
        screen = String(screen[end...])
        return true
      }
      readMore()
    }
    return false
  }

  /// The exit code; nil where it does not end in time, or by a signal.
  func end(seconds: Int = 60) -> Int32? {
    for _ in 0..<(seconds * 100) {
      var status: Int32 = 0
      if waitpid(process, &status, WNOHANG) == process {
        hasEnded = true
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
      }
      readMore()
    }
    return nil
  }

  private func readMore() {
    var ready = pollfd(fd: keyboard, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 10) > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(keyboard, &bytes, bytes.count)
    if count > 0 {
      screen += String(decoding: bytes[..<count], as: UTF8.self)
    } else {
      // The program has closed its side: nothing more comes.
      usleep(10_000)
    }
  }
}

extension String {
  /// Where the first occurrence of a text ends.
  fileprivate func utf8Range(of text: String) -> Index? {
    let pattern = Array(text.utf8)
    var start = utf8.startIndex
    while start != utf8.endIndex {
      if utf8[start...].starts(with: pattern) {
        return utf8.index(start, offsetBy: pattern.count)
      }
      start = utf8.index(after: start)
    }
    return nil
  }
}

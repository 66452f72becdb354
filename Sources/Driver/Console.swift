// Where text goes. The commands give a terminal, tests give a recorder.

import Synchronization

/// What a run writes to. Standard output holds results and nothing else; standard error holds
/// reports and progress.
package protocol Console: AnyObject {
  /// True where a person watches: transient lines may be drawn and replaced.
  var isLive: Bool { get }
  /// True where standard error understands colours.
  var usesColour: Bool { get }
  /// Columns of the terminal, or a fixed number where there is none.
  var width: Int { get }

  /// Text for standard output, newline included.
  func write(_ text: String)
  /// Text for standard error, newline included.
  func writeError(_ text: String)
  /// Lines that the next call replaces; nil takes them away. Nothing happens where nobody watches.
  func showStatus(_ lines: String?)
}

/// Keeps all text; for tests and for embedding.
package final class RecordingConsole: Console {
  package let isLive = false
  package let usesColour = false
  package let width = 80
  /// Everything in the order it was written, whichever stream it was for.
  package private(set) var text = ""
  package private(set) var output = ""
  package private(set) var errors = ""

  package init() {}

  package func write(_ text: String) {
    self.text += text
    output += text
  }

  package func writeError(_ text: String) {
    self.text += text
    errors += text
  }

  package func showStatus(_ lines: String?) {}

  /// Returns what was written since the last call.
  package func take() -> String {
    defer { text = "" }
    return text
  }
}

/// A wish to stop, raised by a signal handler and read between the steps of a computation.
package final class Interrupt: Sendable {
  /// In memory of its own: compiled code reads it there.
  private let flag: SharedFlag

  private struct SharedFlag: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Atomic<Int32>>
  }

  package init() {
    flag = SharedFlag(pointer: .allocate(capacity: 1))
    flag.pointer.initialize(to: Atomic(0))
  }

  deinit {
    flag.pointer.deinitialize(count: 1)
    flag.pointer.deallocate()
  }

  /// Safe in a signal handler.
  package func raise() { flag.pointer.pointee.store(1, ordering: .relaxed) }
  package func clear() { flag.pointer.pointee.store(0, ordering: .relaxed) }
  package var isRaised: Bool { flag.pointer.pointee.load(ordering: .relaxed) != 0 }

  /// Not 0 while a wish to stop stands.
  var word: UnsafePointer<Int32> {
    UnsafePointer(UnsafeRawPointer(flag.pointer).assumingMemoryBound(to: Int32.self))
  }
}

// GNU readline behind one type: editing, history, completion, pasted text, Ctrl-C.
//
// Uses the callback interface: `pselect` waits for a key with SIGINT let through only there, so that
// Ctrl-C at the prompt is seen at once, clears the line and gives a clean prompt. While a line is
// worked on the terminal is in its normal state.
//
// readline holds the one line being edited in globals; so does this file. Only the main thread, which
// is the only one, may use it.

import CReadline
import Driver
import Glibc

final class LineEditor {
  enum Event {
    /// A line without its newline. Pasted text may hold several.
    case line(String)
    /// Ctrl-C: what was typed is gone.
    case interrupted
    /// Ctrl-D on an empty line.
    case end
    /// The terminal went away.
    case gone
  }

  /// What the line handler and the completion function of readline reach.
  nonisolated(unsafe) private static var finished: Event?
  nonisolated(unsafe) private static var complete: (String, Int) -> Completion = { _, cursor in
    Completion(start: cursor, candidates: [])
  }

  init(history: [String], complete: @escaping (String, Int) -> Completion) {
    LineEditor.complete = complete
    ntm_set_readline_name("ntmscript")
    // Signals are taken by `Interrupts`.
    ntm_set_catch_signals(0)
    // A dot, a bracket or an operator ends a word.
    ntm_set_word_breaks(" \t\n\"'`@$><=;|&{}()[],+-*/%^.!~")
    ntm_set_completion { _, start, end in
      LineEditor.matches(start: Int(start), end: Int(end))
    }
    rl_initialize()
    rl_variable_bind("enable-bracketed-paste", "on")
    rl_variable_bind("blink-matching-paren", "on")
    rl_variable_bind("colored-completion-prefix", "off")
    using_history()
    for entry in history { add_history(entry) }
  }

  func remember(_ entry: String) { add_history(entry) }

  func readLine(prompt: String) -> Event {
    LineEditor.finished = nil
    rl_callback_handler_install(prompt) { text in
      // Out of the terminal's raw state before anything is printed.
      rl_callback_handler_remove()
      if let text {
        LineEditor.finished = .line(String(cString: text))
        free(text)
      } else {
        LineEditor.finished = .end
      }
    }
    while true {
      if let event = LineEditor.finished {
        if case .end = event { echo("\n") }
        return event
      }
      let keys = wait()
      if Interrupts.flag.isRaised {
        Interrupts.flag.clear()
        abandonLine()
        return .interrupted
      }
      switch keys {
      case .ready: rl_callback_read_char()
      case .woken:
        // Resized, or brought back from a stop: the terminal must be set and drawn again.
        rl_prep_terminal(1)
        rl_resize_terminal()
        rl_forced_update_display()
      case .gone:
        rl_callback_handler_remove()
        return .gone
      }
    }
  }

  private enum Keys { case ready, woken, gone }

  private func wait() -> Keys {
    Interrupts.holding { mask in
      if Interrupts.flag.isRaised { return .woken }
      if ntm_wait_for_input(&mask) > 0 { return .ready }
      return errno == EINTR ? .woken : .gone
    }
  }

  private func abandonLine() {
    // First of all out of a search or a count, which puts the line back that it began with.
    rl_callback_sigcleanup()
    rl_free_line_state()
    ntm_move_behind_line()
    // Then this: taking the handler away moves to the left margin.
    echo("^C\n")
    rl_replace_line("", 1)
    rl_callback_handler_remove()
  }

  /// Through the stream that readline writes to, so that order is kept.
  private func echo(_ text: String) {
    for byte in text.utf8 { putchar(Int32(byte)) }
    ntm_flush_output()
  }

  /// The candidates for the word that readline found, in the form readline frees: what all have in
  /// common, then each, then nil; nil where there is none.
  private static func matches(
    start: Int, end: Int
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    guard let buffer = ntm_line_buffer() else { return nil }
    let line = String(cString: buffer)
    let found = complete(line, end)
    // readline replaces from `start`; candidates count from where the session says the word is.
    var candidates: [String] = found.candidates
    if found.start < start {
      candidates = candidates.compactMap {
        String(decoding: $0.utf8.dropFirst(start - found.start), as: UTF8.self)
      }
    } else if found.start > start {
      let kept = Array(line.utf8)[start..<min(found.start, line.utf8.count)]
      candidates = candidates.map { String(decoding: kept, as: UTF8.self) + $0 }
    }
    let isCertain = candidates.count == 1
    let last = candidates.first?.last
    let joins = !isCertain || last == "(" || last == "[" || last == "/" || last == "."
    ntm_prepare_completion(joins ? 0 : 32)
    guard let first = candidates.first else { return nil }
    let common = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    let rows = isCertain ? [first] : [common] + candidates
    let table = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
      capacity: rows.count + 1)
    for (position, row) in rows.enumerated() { table[position] = strdup(row) }
    table[rows.count] = nil
    return table
  }
}

extension String {
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}

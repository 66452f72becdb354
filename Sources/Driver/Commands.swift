// stub for build
package final class Commands {
  package static let runDiscussion = "x"
  package init(console: any Console, interrupt: Interrupt) {}
  package func run(_ words: [String]) -> Int32 { 0 }
  package func check(_ f: [String], usesJson: Bool) -> Int32 { 0 }
  package func test(_ f: [String], usesDouble: Bool) -> Int32 { 0 }
  package func format(_ f: [String], onlyChecks: Bool) -> Int32 { 0 }
  package func explain(_ c: String?) -> Int32 { 0 }
  package func document(_ n: [String]) -> Int32 { 0 }
}

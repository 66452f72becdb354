// Which names an expression reads from outside of itself.

import Diagnostics
import Syntax
import Testing

@Suite struct ReadingTests {
  private func reads(_ source: String) throws -> Bool {
    let (program, problems) = parse(
      SourceFile(id: SourceID(1), name: "test.ntm", text: "let it = \(source)"))
    #expect(problems.isEmpty, "\(source)")
    guard case .statement(let statement) = program.items[0].kind,
      case .binding(_, _, _, let value) = statement.kind
    else {
      Issue.record("no binding")
      return false
    }
    return value.reads("rng")
  }

  @Test(arguments: [
    "rng", "rng.normal[N]()", "f(x: rng)", "(a: 1, b: rng)", "[0, rng]", "-g(rng)", "1.0 + g(rng)",
    "g(rng) .. 2", "m with [g(rng)] = 1", "m with [0] = g(rng)", "s with (a: rng)",
    "g(rng) as [N]", "rng[\"noise\"].normal[N]()", "x[g(rng)]", "|x| x + g(rng)",
    "if g(rng) { 1 }", "if a { rng }", "if a { 1 } else { rng }", "for i in g(rng) { i }",
    "for rng in g(rng) { 1 }", "for i in N { rng }", "while g(rng) max 3 { x }",
    "while a max g(rng) { x }", "while a max 3 { rng }", "einsum[i j -> i](g(rng))",
    "{ let a = rng\n a }", "{ rng\n let rng = 2 }", "{ fn f(x: real) -> real = g(rng)\n f(1.0) }",
  ])
  func reading(_ source: String) throws { #expect(try reads(source)) }

  @Test(arguments: [
    "1", "1.0", "true", "\"rng\"", "f(rng: 1)", "(rng: 1)", "s.rng", "s with (rng: 1)", "ranger",
    "|rng| rng + 1", "for rng in N { rng }", "for (a, rng) in xs { rng }",
    "{ let rng = 1\n rng }", "{ let (a, rng) = p\n rng }",
    "{ fn f(rng: Rng) -> real = g(rng)\n f }", "{ fn rng() -> real = 1.0\n rng() }",
    "1 // rng",
  ])
  func notReading(_ source: String) throws { #expect(try !reads(source)) }
}

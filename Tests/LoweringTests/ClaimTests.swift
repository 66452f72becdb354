// `x as simplex` is looked at when the program runs, and changes no number and no gradient.

import Lowering
import Tensors
import Testing

struct ClaimTests {
  /// The code and message of what the program ends in.
  private func fault(_ text: String) -> String? {
    do {
      _ = try SourceRunner(text)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("[0.5, 0.5] as simplex", "[0.5, 0.4] as simplex"),
    ("[0.0, 1.0] as unit", "[0.0, 1.1] as unit"),
    ("[0.1, 2.0] as positive", "[0.0, 2.0] as positive"),
    ("[0.0, 2.0] as nonneg", "[-0.1, 2.0] as nonneg"),
    ("[1.0, 2.0] as above_one", "[0.9, 2.0] as above_one"),
    (
      "[[0.5, 0.0], [0.5, 1.0]] as simplex[A] [A, B]",
      "[[0.5, 0.5], [0.0, 1.0]] as simplex[A] [A, B]"
    ),
  ])
  func claimsHoldOrEndTheRun(_ holds: String, _ fails: String) {
    let head = "dim A = 2, B = 2\nlet x = "
    #expect(fault(head + holds) == nil)
    #expect(fault(head + fails)?.contains("claim-failed") == true)
  }

  @Test func notANumberIsNoClaim() {
    #expect(fault("let x = log([-1.0, 1.0]) as nonneg")?.contains("claim-failed") == true)
  }

  @Test func gradientsPassUnchanged() throws {
    let run = try SourceRunner(
      """
      let x = [0.25, 0.75]
      let a = grad(|w| sum((w as simplex)^3), at: x)
      let b = grad(|w| sum(w^3), at: x)
      let c = grad(|v| sum(grad(|w| sum((w as simplex)^3), at: v)^2), at: x)
      let d = grad(|v| sum(grad(|w| sum(w^3), at: v)^2), at: x)
      """)
    #expect(try run.numbers("a") == run.numbers("b"))
    #expect(try run.numbers("c") == run.numbers("d"))
  }

  @Test func onlyTheSideThatIsTakenClaims() throws {
    let run = try SourceRunner(
      """
      batch dim B = 3
      fn root(x: real) -> real = if x > 0.0 { sqrt(x as positive) } else { 0.0 }
      let x = for b in B { real(b) - 1.0 }
      let y = root(x)
      """)
    #expect(try run.numbers("y") == [0, 0, 1])
  }
}

import Diagnostics
import Semantics
import Syntax
import TestSupport
import Testing

/// The checker ends without a trap on any tree that the parser gives.
@Test("mutated programs end in reports, never in a trap")
func checkerSurvivesMutations() {
  let seeds = [
    "dim N = 4, M = 3\nstruct H[N, M] { k: [M] = zeros\n fn f(self, m: [N, M]) -> [N] = m @ self.k }\n"
      + "let h = H[N, M]()\nlet y = h.f(ones[N, M])\n",
    "batch dim B = 2\nfn f[T](r: Rng) -> (x: [T, 2], y: [T]) { let b = r.normal[T, 2]\n (x: b, y: sum[T](b)) }\n"
      + "let n = 3\nlet d = for _ in B { f[n](Rng(1)) }\nlet z = mean(d.x)\n",
    "interface I[N] { emits\n state\n fn g(self, e: emits, s: state) -> (w: [N], next: state) }\n"
      + "struct S[N]: I[N] { emits { a: [N] via tanh } state { w: [N] }\n"
      + " fn g(self, e: emits, s: state) -> (w: [N], next: state) = (w: e.a, next: state(w: e.a)) }\n",
    "var x = 1.0\nwhile x < 9.0 max 20 { x *= 2.0 }\nlet (v, g) = value_and_grad(|a| a * a, at: x)\n"
      + "let s = if g > 1.0 { [1.0, 2.0] } else { [0.0, 0.5] }\nlet q = s with [0] = 3.0\n",
  ]
  let pieces = [
    "N", "M", "[", "]", "(", ")", "{", "}", "+", "@", "..", "=", "let ", "fn ", "for ", "in ", "1",
    "2.5", "|x| ", "state", "emits", "self", "zeros", "softmax[N]", ": ", "->", "\n", ",", "as ",
    "simplex ", "dim ", "B", "import \"x\" as y\n", "grad", "with ", "sum", "Rng(1)",
  ]
  var random = SeededRandom(seed: 20_261_121)
  for round in 0..<20_000 {
    var text = Array(seeds[round % seeds.count].unicodeScalars)
    for _ in 0...Int(random.next() % 4) {
      let place = Int(random.next() % UInt64(text.count + 1))
      switch random.next() % 3 {
      case 0 where place < text.count:
        text.removeSubrange(place..<min(text.count, place + 1 + Int(random.next() % 6)))
      case 1:
        text.insert(
          contentsOf: pieces[Int(random.next() % UInt64(pieces.count))].unicodeScalars, at: place)
      default:
        let other = Int(random.next() % UInt64(max(1, text.count)))
        if place < text.count, other < text.count { text.swapAt(place, other) }
      }
    }
    var string = ""
    string.unicodeScalars.append(contentsOf: text)
    _ = reports(string)
  }
}

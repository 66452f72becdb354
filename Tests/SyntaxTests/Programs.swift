// The three programs the language is judged by, and helpers shared by the tests.

import Diagnostics
import Syntax

func file(_ text: String) -> SourceFile {
  SourceFile(id: SourceID(0), name: "test.ntm", text: text)
}

private func mistakes(_ diagnostics: [Diagnostic]) -> String {
  "mistaken: " + diagnostics.map(\.message).joined(separator: "; ")
}

/// The outline of a text that must have no mistakes; otherwise the messages.
func outline(_ text: String) -> String {
  let (program, diagnostics) = parse(file(text))
  guard diagnostics.isEmpty else { return mistakes(diagnostics) }
  return program.outline
}

/// `code@line:column` of every report.
func reports(_ text: String) -> [String] {
  let source = file(text)
  return parse(source).diagnostics.map { diagnostic in
    guard let span = diagnostic.primary?.span else { return diagnostic.code.id }
    let (line, column) = source.position(of: span.start)
    return "\(diagnostic.code.id)@\(line):\(column)"
  }
}

/// Formats a text that must have no mistakes; otherwise the messages.
func formatted(_ text: String) -> String {
  switch format(file(text)) {
  case .success(let result): result
  case .failure(let failure): mistakes(failure.diagnostics)
  }
}

let copyProgram = """
  /// Train an NTM on the copy task, then ask how far it generalises.
  import ntm.models { NTM, Model }
  import ntm.cells  { LSTM }
  import ntm.heads  { LocationHead }
  import ntm.optim  { adam, clip_norm }
  import ntm.loss   { bce_bits }
  import ntm.eval   { generalise }

  config {
    steps: int      = 2_000           /// training steps
    lr:    positive = 3e-3            /// learning rate
    seed:  int      = 1
    max_len: int    = 20              /// longest sequence trained on
  }
  dim W = 8                           // bits per symbol
  dim N = 128, M = 20, H = 100        // memory rows, row width, controller units
  batch dim B = 16

  /// One example: T random symbols, an end marker, then T steps of silence.
  fn sample[T](rng: Rng) -> (x: [2*T + 1, W + 1], y: [T, W]) {
    let bits = rng.bernoulli[T, W](0.5)
    let show = for s in bits { s ++ [0.0] }                 // [T, W + 1]
    let mark = [onehot[W + 1](W)]                           // [1, W + 1]
    (x: show ++ mark ++ zeros[T, W + 1], y: bits)
  }

  /// Cost of one example in bits. No batch axis anywhere.
  fn loss(m: Model[W + 1, W], x: [2*T + 1, W + 1], y: [T, W]) -> real {
    let out = m.run(x)                                      // [2*T + 1, W], logits
    sum(bce_bits(logits: out[T + 1 ..], target: y))
  }

  let rng = Rng(seed)
  var m   = NTM[W + 1, W, N, M](rng, cell: LSTM[H], read: [LocationHead], write: [LocationHead])
  var opt = adam(m, lr: lr)

  for step in 1..=steps {
    let len    = rng.int(1, max_len)
    let d      = for _ in B { sample[len](rng) }            // d.x: [B, 2*len + 1, W + 1]
    let (l, g) = value_and_grad(|m| mean[B](loss(m, d.x, d.y)), at: m)
    (m, opt)   = opt.step(m, clip_norm(g, 50.0))
    log(step, bits: l, len: len)
    if step % 500 == 0 { save("copy", m, opt, step) }
  }
  report(generalise(m, sample, lengths: [10, 20, 40, 80, 120], examples: 50, rng))
  view(m, sample[20](rng).x)                                // what the heads did

  test "one example has the advertised layout" {
    let e = sample[3](Rng(0))
    expect e.x[3, 8] == 1.0 and sum(e.x[4 ..]) == 0.0
  }

  """

let headProgram = """
  import ntm.heads   { Head }
  import ntm.address { content, shift, sharpen, mix }

  /// Either jump to the best match or walk on from the last row; sharpen when sure.
  struct LeapHead[N, M]: Head[N, M] {
    emits { key: [M] via tanh, beta: positive via softplus, jump: unit via sigmoid, walk: simplex [3] via softmax }
    state { w: simplex [N] = onehot[N](0) }

    fn address(self, mem: [N, M], e: emits, s: state) -> (w: simplex [N], next: state) {
      let found = content(mem, e.key, e.beta)
      let moved = shift(s.w, e.walk)
      let both  = mix(e.jump, found, moved)
      let w     = sharpen(both, 1.0 + 4.0 * max(both))
      (w: w, next: state(w: w))
    }
  }

  """

let sessionProgram = """
  dim N = 128, M = 20
  let rng = Rng(7)
  let mem = rng.normal[N, M]
  let key = rng.normal[N]
  content(mem, key, 5.0)

  """

let interfaceProgram = """
  /// Where to look. The default read and write suit NTM; override either.
  interface Head[N, M] {
    emits
    state
    fn address(self, mem: [N, M], e: emits, s: state) -> (w: simplex [N], next: state)
    fn read(self, mem: [N, M], w: simplex [N], e: emits) -> [M] = w @ mem
  }
  interface Cell[X, H] { state    fn step(self, x: [X], s: state) -> (h: [H], next: state) }
  surrogate derivative step(x; ct, out) { ct * sigmoid(x) * (1.0 - out) }
  ragged dim T = lengths
  fn make(sample: [T] |Rng| -> (x: [_, X], y: [_, Y]), heads: [R, Head[N, M]]) -> real {
    let p = einsum[i j, j k -> i k](a, b)
    var w: simplex[N] [R, N] = m with [1 .., j] = -x^2 + 3.5e-1 div 2
    while err > 0.1 max 1_000 { err = step(err) with (field: |a, b: [N]| a @ b) }
    if not a or b { 1 } else if c { x[.. -1] } else { (w as simplex [N]).peak }
  }

  """

let allPrograms = [copyProgram, headProgram, sessionProgram, interfaceProgram]

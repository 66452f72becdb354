import Testing

/// Programs in which nothing is wrong.
private let fine: [String] = [
  "dim N = 3\nstruct A[N] { inner: B[N] = B[N](rng) }\nstruct B[N] { w: [N] = rng.normal[N] }\nlet a = A[N](Rng(1))\n",
  "dim N = 4\nlet w = uniform[N]\nlet v: simplex [N] = w\n",
  "dim N = 4, M = 3\nfn f(m: [N, M], k: [M]) -> [N] = m @ k\nlet y = f(zeros[N, M], zeros[M])\n",
  "fn double(x: [K]) -> [K] = 2 * x\ndim N = 3\nlet y = double(ones[N]) + 1\n",
  "dim N = 3\nlet n = 5\nlet x = zeros[n]\nlet y = x + ones[n]\n",
  "dim N = 3\nvar t = 0.0\nfor x in ones[N] { t += x }\n",
  "dim N = 3\nlet doubled = for x in ones[N] { 2.0 * x }\nlet s: [N] = doubled\n",
  "batch dim B = 4\ndim N = 3\nfn f(x: [N]) -> real = sum(x)\nlet y: [B] = f(ones[B, N])\n",
  "fn cube(x: real) -> real = x ^ 3.0\nlet g = grad(cube, at: 2.0)\nlet h = grad(grad(cube), at: 2.0)\n",
  "dim N = 3\nlet (l, g) = value_and_grad(|x| sum(x * x), at: ones[N])\nlet s: [N] = g\n",
  "struct P[N] { w: [N] = zeros[N] }\ndim K = 2\nlet p = P[K]()\nlet q = p - 0.1 * p\nlet n: nonneg = norm(q)\n",
  "dim N = 4\nlet x = iota[N]\nlet y = real(x) / 2.0\nlet z = y[1 .. 3]\nlet a: [2] = z\n",
  "dim A = 2, C = 3\nlet (l, r) = split[A, C](zeros[A + C])\nlet x: [A] = l\n",
  "dim T = 3, W = 2\nlet x = zeros[2*T + 1, W]\nlet y: [T, W] = x[T + 1 ..]\n",
  "let f = |x: real| x * 2.0\nlet y = f(3.0)\n",
  "dim N = 3\nlet y = if sum(ones[N]) > 2.0 { 1.0 } else { 0 }\n",
  "var x = 8.0\nwhile x > 1.0 max 10 { x = x / 2.0 }\n",
  "dim N = 2, M = 3\nlet y = einsum[n m, m -> n](zeros[N, M], ones[M])\nlet z: [N] = y\n",
  "let rng = Rng(1)\ndim N = 4\nlet a = rng.normal[N]\nlet b = rng[\"noise\"].uniform[N](-1.0, 1.0)\n",
]

@Test("nothing is wrong here", arguments: fine)
func accepts(_ text: String) {
  #expect(reports(text) == [])
}

/// Programs with mistakes, and what is to be said of them, where.
private let wrong: [(text: String, reports: [String])] = [
  ("dim N = 20, M = 20\nlet y = zeros[N] + zeros[M]\n", ["broadcast-mismatch@2:18"]),
  (
    "dim N = 20, M = 20\nlet w = content(zeros[N, M], zeros[N], 1.0)\n", ["dim-mismatch@2:30"]
  ),
  ("let y = x + 1\nlet z = q\n", ["unknown-name@1:9", "unknown-name@2:9"]),
  ("dim N = 3\nlet w: simplex [N] = zeros[N]\n", ["claim-missing@2:22"]),
  ("dim N = 3\nlet x: real = 1\nlet y: int = 2.5\n", ["type-mismatch@3:14"]),
  ("let x = 1\nx = 2\n", ["not-assignable@2:1"]),
  ("dim N = 3\nlet y = onehot[N](3)\n", ["index-out-of-range@2:19"]),
  ("fn f(x: [K]) -> [K] = y\n", ["unknown-name@1:23"]),
  ("fn f(a: [K], b: [J]) -> [K] = a * sum(b)\n", ["single-use@1:18"]),
  ("dim N = 2\nvar t = zeros[N]\nfor i in 0..3 { t = 1.0 }\n", ["shape-mismatch@3:21"]),
  ("let r = Rng(1)\nlet x = r.gauss\n", ["unknown-field@2:11"]),
  ("fn f(x: real) -> real { save(\"x\", x)\n x }\n", ["effect-inside@1:25"]),
  ("import ntm.nothing { X }\nlet y = X\n", ["import-not-found@1:8"]),
  ("dim N = 3\nlet y = sum[M](zeros[N])\n", ["unknown-name@2:13"]),
  ("let n = 3\nvar m = 4\nlet x = zeros[m]\n", ["not-a-dim@3:15"]),
]

@Test("what is wrong is said once, at its place", arguments: wrong)
func refuses(_ text: String, _ expected: [String]) {
  #expect(reports(text) == expected)
}

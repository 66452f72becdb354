// Small programs that use most of the language: what the fuzz test changes.

enum Seeds {
  static let all: [String] = [
    """
    dim N = 4, M = 3
    batch dim B = 5
    let rng = Rng(7)
    let x = rng.normal[N, M]
    let v = rng.normal[M]
    let u = rng.uniform[N](0.0, 1.0)
    print(x @ v, v @ v, sum[N](x), mean[M](x), max[N](x), min[M](x))
    print(softmax[N](u), argmax(u), sort[N](u, descending: true), topk[2](u))
    print(roll[N](u, 2), x[1], x[.., 2], x[1 ..], x[.. 2], x[1 .. 3])
    let y = x with [1] = v
    print(sum(y * x - y / 2.0 + x ^ 2))
    print(floor(u * 10.0), sign(x), abs(x), exp(v), sqrt(abs(v)), tanh(v), sigmoid(v), relu(v), softplus(v))
    print(u ++ [1.0, 2.0], onehot[N](2), zeros[N], ones[M], full[N](3.0))
    """,
    """
    dim N = 4
    let rng = Rng(3)
    fn f(w: [N], x: [N]) -> real { sum(tanh(w * x) ^ 2) }
    let w = rng.normal[N]
    let x = rng.normal[N]
    let g = grad(|w| f(w, x), at: w)
    let (l, h) = value_and_grad(|w| f(w, x), at: w)
    print(g, l, h)
    let h2 = grad(|w: [N]| sum(grad(|w: [N]| f(w, x), at: w)), at: w)
    print(h2)
    """,
    """
    dim N = 4, M = 2
    let rng = Rng(3)
    let xs = rng.normal[N, M]
    var s: [M] = zeros[M]
    let ys = for x in xs {
      s = 0.5 * s + x
      tanh(s)
    }
    print(ys, s)
    var k = 0
    while k < 10 max 7 { k = k + 1 }
    print(k)
    let z = for i in 0..5 { real(i * i) }
    print(z)
    let t = for x in xs, y in ys { x @ y }
    print(t)
    let q = for i in N { for j in M { if i > j { real(i) } else { real(j - i) } } }
    print(q)
    for i in 1..=3 { print(i, i % 2, -i, i - 5) }
    """,
    """
    dim T = 6, W = 3
    let rng = Rng(3)
    fn g[T](x: [2*T + 1, W]) -> [T, W] { x[T + 1 ..] }
    let x = rng.normal[2*T + 1, W]
    print(g(x))
    let n = rng.int(1, 9)
    let y = rng.bernoulli[n, W](0.5)
    print(y, sum(y))
    let p = (a: 1, b: x[0], c: true)
    print(p.a, p.b, p.c)
    let (a, b, c) = (1, 2.0, false)
    print(a, b, c)
    let d = p with (a: 3)
    print(d.a)
    if a > 2 { print("x") } else { print("y") }
    print(not c and a == 1 or b > 2.0)
    """,
    """
    import ntm.address { content, shift, sharpen, interpolate }
    dim N = 5, M = 3
    let rng = Rng(2)
    let mem = rng.normal[N, M]
    let w = softmax[N](rng.normal[N])
    let k = rng.normal[M]
    print(content(mem, k, 5.0))
    print(shift(w, softmax[3](rng.normal[3])))
    print(sharpen(w, 2.0))
    print(interpolate(0.3, w, w))
    print(grad(|k| sum(content(mem, k, 2.0) * w), at: k))
    """,
    """
    dim N = 3, M = 2, K = 2
    let rng = Rng(1)
    let a = rng.normal[N, M]
    let b = rng.normal[M, K]
    print(a @ b)
    print(gather(a, [0, 2]))
    print(outer(a[0], b[0]))
    print(cumsum[N](a), prod[N](a), norm(a))
    print(einsum[n m, m k -> n k](a, b), einsum[n m -> n](a))
    """,
    """
    struct Lin[N, M] {
      w: [M, N] = 0.1 * rng.normal[M, N]
      b: [M] = zeros[M]
      fn run(self, x: [N]) -> [M] { self.w @ x + self.b }
    }
    dim N = 3, M = 2
    batch dim B = 4
    let rng = Rng(1)
    var m = Lin[N, M](rng)
    let x = for _ in B { rng.normal[N] }
    let y = for _ in B { rng.normal[M] }
    for step in 1..=3 {
      let (l, g) = value_and_grad(|m| mean[B](sum[M]((m.run(x) - y) ^ 2)), at: m)
      m = m - 0.1 * g
      log(step, loss: l)
    }
    print(m.w, m.b, norm(m), count(m))
    """,
    """
    dim N = 3
    let x = [1.0, 2.0, 3.0] as [N]
    let y = [[1.0, 2.0], [3.0, 4.0]]
    print(x, y, y[1, 0])
    let i = 2
    print(x[i], x[i - 1], x[0 .. i])
    let s = "text"
    print(s, 1 + 2 * 3, 7 % 3, 2.0 ^ 0.5, 1e10, 1 < 2)
    print(real(3), int(2.7), int(true), min(1.0, 2.0), max(3, 4), clamp(2.0, 0.0, 1.0))
    print(log(2.0), stop(x), normalise(x))
    let f = |a: real, b: real| a + b
    print(f(1.0, 2.0))
    fn h(n: int, k: int = 2) -> int { n * k }
    print(h(3), h(3, k: 4))
    """,
  ]
}

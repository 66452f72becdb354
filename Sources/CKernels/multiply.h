// Products of matrices whose numbers have no lanes behind them.
//
// A tile of the result stays in registers while the contracted axis is walked (`nt_tile`). Columns
// of the right matrix that do not lie side by side, or whose rows lie far apart, are put into a panel
// on the stack first.
//
// Promise: every element of a result is a sum in an order that only the sizes decide.

/// Rows of a panel, a multiple of every NT_V; rows of `b` that are further apart than so many numbers
/// evict one another from the cache.
#define NT_PANEL 128
#define NT_APART 256

/// The first `count` numbers of `n` rows `stride` apart, as columns of NT_WIDTH numbers.
NT_INLINE void nt_turn(real *panel, const real *rows, long stride, long n, long count) {
  vr v[NT_V];
  NT_UNROLL for (int i = 0; i < NT_V; i++)
    v[i] = i < n ? nt_first_r(rows + i * stride, count) : (vr){0};
  // Each round moves the lowest bit of the element to the highest of the number of the vector.
  NT_UNROLL for (int width = NT_V; width > 1; width /= 2) {
    vr w[NT_V];
    NT_UNROLL for (int i = 0; i < NT_V / 2; i++) {
      w[i] = NT_EVEN(v[2 * i], v[2 * i + 1]);
      w[i + NT_V / 2] = NT_ODD(v[2 * i], v[2 * i + 1]);
    }
    NT_UNROLL for (int i = 0; i < NT_V; i++) v[i] = w[i];
  }
  NT_UNROLL for (int i = 0; i < NT_V; i++) nt_store_r(panel + i * NT_WIDTH, v[i]);
}

/// panel[k][n] = b[k*bk + n*bn], 0 from `n` on.
NT_FUNCTION void nt_fill_panel(real *panel, long count, long n, const real *b, long bk, long bn) {
  for (long c = 0; c < n; c += NT_V) {
    long columns = nt_least(n - c, NT_V);
    const real *from = b + c * bn;
    if (bn == 1)
      for (long k = 0; k < count; k++)
        nt_store_r(panel + k * NT_WIDTH + c, nt_first_r(from + k * bk, columns));
    else if (bk == 1)
      for (long k = 0; k < count; k += NT_V)
        nt_turn(panel + k * NT_WIDTH + c, from + k, bn, columns, count - k);
    else
      for (long k = 0; k < count; k++)
        for (long i = 0; i < NT_V; i++)
          panel[k * NT_WIDTH + c + i] = i < columns ? from[k * bk + i * bn] : 0;
  }
}

/// A tile of the result, in vectors of which the last has `last` numbers.
NT_INLINE void nt_multiply_tile(int rows, int columns, long count, const real *a, long am, long ak,
                                const real *b, long bk, long last, real *out, long os, int adds) {
  vr sum[NT_ROWS * NT_COLUMNS] = {0};
  nt_tile(rows, columns, sum, count, a, ak, am, b, bk, last);
  NT_UNROLL for (int r = 0; r < rows; r++)
    NT_UNROLL for (int c = 0; c < columns; c++) {
      real *to = out + r * os + c * NT_V;
      long n = c < columns - 1 ? NT_V : last;
      vr old = adds ? nt_first_r(to, n) : (vr){0};
      nt_store_first_r(to, old + sum[r * columns + c], n);
    }
}

/// All rows of the result, in tiles.
NT_FUNCTION void nt_multiply_columns(int columns, long M, long count, const real *a, long am,
                                     long ak, const real *b, long bk, long last, real *out, long os,
                                     int adds) {
#define NT_TILES(rows, columns) \
  for (; m + rows <= M; m += rows) \
    nt_multiply_tile(rows, columns, count, a + m * am, am, ak, b, bk, last, out + m * os, os, adds);
#define NT_ALL_TILES(columns) { NT_TILES(NT_ROWS, columns) NT_TILES(4, columns) NT_TILES(1, columns) }
  long m = 0;
  switch (columns) {
  case 1: NT_ALL_TILES(1) break;
#if NT_COLUMNS > 1
  case 2: NT_ALL_TILES(2) break;
  case 3: NT_ALL_TILES(3) break;
#endif
  }
}

/// out[m*os + n] = Σ_k a[m*am + k*ak]·b[k*bk + n*bn], or adds that.
///
/// Ends early once `stop` is set: nobody reads the result then.
NT_FUNCTION void nt_multiply(const volatile int32_t *stop, long M, long N, long K, const real *a,
                             long am, long ak, const real *b, long bk, long bn, real *out, long os,
                             int adds) {
  real panel[NT_PANEL * NT_WIDTH] __attribute__((aligned(64)));
  // Without a panel all rows are walked at once.
  int isPacked = bn != 1 || (bk > NT_APART && M > 2 * NT_ROWS);
  long depth = isPacked ? NT_PANEL : K;
  for (long n = 0; n < N;) {
    long vectors = (N - n + NT_V - 1) / NT_V;
    long columns = vectors == NT_COLUMNS + 1 ? (NT_COLUMNS + 1) / 2 : nt_least(vectors, NT_COLUMNS);
    long width = nt_least(N - n, columns * NT_V);
    long k = 0;
    do {
      if (*stop) return;
      long count = nt_least(K - k, depth);
      const real *from = b + k * bk + n * bn;
      if (isPacked) nt_fill_panel(panel, count, width, from, bk, bn);
      nt_multiply_columns((int)columns, M, count, a + k * ak, am, ak, isPacked ? panel : from,
                          isPacked ? NT_WIDTH : bk, width - (columns - 1) * NT_V, out + n, os,
                          adds || k > 0);
      k += depth;
    } while (k < K);
    n += width;
  }
}

// Products of matrices in the layout of lanes: an activation is [features][NT_LANES], a weight is
// plain row-major with rows `ws` apart.
//
// Two small kernels keep a block of the result in registers and walk the contracted axis once:
// `tile` multiplies rows of vectors by single numbers, `dots` multiplies vectors by vectors along
// the contracted axis and adds up their elements at the end. What lies the wrong way for both goes
// through a panel of at most 24 KiB on the stack.
//
// Promise: every element of a result is a sum in an order that only the sizes decide.

/// Sums in a block: as many as the machine has registers for, with some left for the factors.
#define NT_ROWS 8
#define NT_COLUMNS (NT_V * NT_REAL_BYTES == 64 ? 3 : 1)

NT_INLINE long nt_least(long a, long b) { return a < b ? a : b; }

/// sum[r][c] += Σ_q a[q*as + r*ar]·b[q*bs + c*NT_V + …]; the last vector of `b` has `last` numbers.
NT_INLINE void nt_tile(int rows, int columns, vr *sum, long count, const real *a, long as, long ar,
                       const real *b, long bs, long last) {
  for (long q = 0; q < count; q++, a += as, b += bs) {
    vr row[NT_COLUMNS];
    NT_UNROLL for (int c = 0; c < columns; c++)
      row[c] = c < columns - 1 ? nt_load_r(b + c * NT_V) : nt_first_r(b + c * NT_V, last);
    NT_UNROLL for (int r = 0; r < rows; r++)
      NT_UNROLL for (int c = 0; c < columns; c++) sum[r * columns + c] += a[r * ar] * row[c];
  }
}

/// sum[c][r] = Σ_q a[r*as + q]·b[c][q], spread over the elements of a vector. Of `a` there are
/// `padded` numbers, 0 from `count` on.
NT_INLINE void nt_dots(int rows, int columns, vr *sum, long count, long padded,
                       const real *a, long as, const real *const *b) {
  NT_UNROLL for (int i = 0; i < rows * columns; i++) sum[i] = (vr){0};
  for (long q = 0; q < count; q += NT_V) {
    vr x[NT_ROWS];
    NT_UNROLL for (int r = 0; r < rows; r++) x[r] = nt_first_r(a + r * as + q, padded - q);
    NT_UNROLL for (int c = 0; c < columns; c++) {
      vr y = nt_first_r(b[c] + q, count - q);
      NT_UNROLL for (int r = 0; r < rows; r++) sum[c * rows + r] += x[r] * y;
    }
  }
}

/// Stores the sums of the elements of eight vectors, or adds them to what is there.
NT_INLINE void nt_store_sums(real *out, const vr *sums, long n, int adds) {
  vr v[8];
  NT_UNROLL for (int i = 0; i < 8; i++) v[i] = sums[i];
  // Each round halves the elements that belong to one sum, until a vector holds NT_V of them.
  NT_UNROLL for (int width = NT_V, count = 8; width > 1; width /= 2, count = (count + 1) / 2)
    NT_UNROLL for (int i = 0; i < (count + 1) / 2; i++) {
      vr a = v[2 * i % count], b = v[(2 * i + 1) % count];
      v[i] = NT_EVEN(a, b) + NT_ODD(a, b);
    }
  NT_UNROLL for (int i = 0; i * NT_V < 8; i++) {
    long count = nt_least(n - i * NT_V, NT_V);
    if (count <= 0) return;
    vr old = adds ? nt_first_r(out + i * NT_V, count) : (vr){0};
    nt_store_first_r(out + i * NT_V, old + v[i], count);
  }
}

#if NT_LANES == 8

/// The first `n` features at `p` as eight rows of NT_V features, 0 behind them.
NT_INLINE void nt_from_lanes(vr v[8], const real *p, long n) {
  NT_UNROLL for (int i = 0; i < 8; i++) {
    long count = n * 8 - i * NT_V;
    v[i] = count > 0 ? nt_first_r(p + i * NT_V, count) : (vr){0};
  }
  // Three times the lowest bit of the lane moves from the element to the number of the vector.
  NT_UNROLL for (int bit = 0; bit < 3; bit++) {
    vr w[8];
    NT_UNROLL for (int i = 0; i < 4; i++) {
      w[i] = NT_EVEN(v[2 * i], v[2 * i + 1]);
      w[i + 4] = NT_ODD(v[2 * i], v[2 * i + 1]);
    }
    NT_UNROLL for (int i = 0; i < 8; i++) v[i] = w[i];
  }
}

/// The other way round: stores the first `n` features of eight rows.
NT_INLINE void nt_to_lanes(real *p, vr v[8], long n) {
  NT_UNROLL for (int bit = 0; bit < 3; bit++) {
    vr w[8];
    NT_UNROLL for (int i = 0; i < 4; i++) {
      w[2 * i] = NT_LOW(v[i], v[i + 4]);
      w[2 * i + 1] = NT_HIGH(v[i], v[i + 4]);
    }
    NT_UNROLL for (int i = 0; i < 8; i++) v[i] = w[i];
  }
  NT_UNROLL for (int i = 0; i < 8; i++) {
    long count = n * 8 - i * NT_V;
    if (count > 0) nt_store_first_r(p + i * NT_V, v[i], count);
  }
}

/// The columns from `n` on, as many vectors of them as `columns` says.
NT_INLINE void nt_product_block(int columns, long K, long N, long n, const real *x, const real *w,
                                long ws, real *out) {
  vr sum[8 * NT_COLUMNS] = {0};
  long last = N - n - (columns - 1) * NT_V;
  nt_tile(8, columns, sum, K, x, 8, 1, w + n, ws, last);
  NT_UNROLL for (int c = 0; c < columns; c++, n += NT_V) {
    vr v[8];
    NT_UNROLL for (int i = 0; i < 8; i++) v[i] = sum[i * columns + c];
    nt_to_lanes(out + n * 8, v, nt_least(N - n, NT_V));
  }
}

/// out[n][l] = Σ_k x[k][l]·w[k*ws + n]
NT_FUNCTION void nt_product(long K, long N, const real *x, const real *w, long ws, real *out) {
  long n = 0;
  for (; N - n > (NT_COLUMNS - 1) * NT_V; n += NT_COLUMNS * NT_V)
    nt_product_block(NT_COLUMNS, K, N, n, x, w, ws, out);
  for (; n < N; n += NT_V) nt_product_block(1, K, N, n, x, w, ws, out);
}

#define NT_DEPTH (2048 / NT_REAL_BYTES)

/// out[n][l] = Σ_k x[k][l]·w[n*ws + k]
NT_FUNCTION void nt_product_t(long K, long N, const real *x, const real *w, long ws, real *out) {
  // A row for each lane; the odd vector keeps rows from meeting in the cache.
  real panel[8][NT_DEPTH + NT_V] __attribute__((aligned(64)));
  long start = 0;
  do {
    long count = nt_least(K - start, NT_DEPTH);
    for (long k = 0; k < count; k += NT_V) {
      vr v[8];
      nt_from_lanes(v, x + (start + k) * 8, nt_least(count - k, NT_V));
      NT_UNROLL for (int i = 0; i < 8; i++) nt_store_r(panel[i] + k, v[i]);
    }
    for (long n = 0; n < N; n += NT_COLUMNS) {
      const real *rows[NT_COLUMNS];
      vr sum[8 * NT_COLUMNS];
      NT_UNROLL for (int c = 0; c < NT_COLUMNS; c++)
        rows[c] = w + nt_least(n + c, N - 1) * ws + start;
      nt_dots(8, NT_COLUMNS, sum, count, NT_DEPTH + NT_V, panel[0], NT_DEPTH + NT_V, rows);
      NT_UNROLL for (int c = 0; c < NT_COLUMNS; c++)
        if (n + c < N) nt_store_sums(out + (n + c) * 8, sum + c * 8, 8, start > 0);
    }
    start += NT_DEPTH;
  } while (start < K);
}

#else

/// Columns from `n` on, in `columns` vectors; as many sums for each as `turns` says take turns. A
/// vector that would reach over the end starts earlier and computes some columns again.
NT_INLINE void nt_product_block(int columns, int turns, long K, long N, long n, const real *x,
                                const real *w, long ws, real *out) {
  vr sum[8] = {0};
  long start[8], k = 0;
  NT_UNROLL for (int c = 0; c < columns; c++)
    start[c] = n = nt_least(n + (c > 0) * NT_V, N < NT_V ? 0 : N - NT_V);
  for (; k + turns <= K; k += turns, w += turns * ws)
    NT_UNROLL for (int t = 0; t < turns; t++)
      NT_UNROLL for (int c = 0; c < columns; c++)
        sum[c * turns + t] += x[k + t] * nt_first_r(w + t * ws + start[c], N);
  for (; k < K; k++, w += ws)
    NT_UNROLL for (int c = 0; c < columns; c++)
      sum[c * turns] += x[k] * nt_first_r(w + start[c], N);
  NT_UNROLL for (int c = 0; c < columns; c++) {
    NT_UNROLL for (int half = turns / 2; half > 0; half /= 2)
      NT_UNROLL for (int t = 0; t < half; t++) sum[c * turns + t] += sum[c * turns + t + half];
    nt_store_first_r(out + start[c], sum[c * turns], N);
  }
}

/// out[n] = Σ_k x[k]·w[k*ws + n]
NT_FUNCTION void nt_product(long K, long N, const real *x, const real *w, long ws, real *out) {
  if (N > 0 && N < NT_V) nt_product_block(1, 8, K, N, 0, x, w, ws, out);
  long n = 0;
  for (; N - n > 2 * NT_V; n += 8 * NT_V)
    nt_product_block(8, 1, K, N, n, x, w, ws, out);
  if (N >= NT_V && N > n) nt_product_block(2, 4, K, N, n, x, w, ws, out);
}

/// out[n] = Σ_k x[k]·w[n*ws + k]
NT_FUNCTION void nt_product_t(long K, long N, const real *x, const real *w, long ws, real *out) {
  for (long n = 0; n < N; n += 8) {
    const real *rows[8];
    vr sum[8];
    NT_UNROLL for (int c = 0; c < 8; c++) rows[c] = w + nt_least(n + c, N - 1) * ws;
    nt_dots(1, 8, sum, K, K, x, 0, rows);
    nt_store_sums(out + n, sum, N - n, 0);
  }
}

#endif

/// Columns of a panel.
#define NT_WIDTH (NT_COLUMNS * NT_V)

#if NT_LANES == 8

/// Steps of a panel, each with a row for each lane.
#define NT_STEPS (128 / NT_LANES)

/// The columns of `y` from its start, with the lanes below one another.
NT_INLINE void nt_pack(real *panel, long P, const real *y, long ys, long count) {
  for (long p = 0; p < P; p++, y += ys, panel += NT_LANES * NT_WIDTH)
    for (long c = 0; c * NT_V < count; c++) {
      long n = nt_least(count - c * NT_V, NT_V);
      vr v[8];
      nt_from_lanes(v, y + c * NT_V * 8, n);
      NT_UNROLL for (int i = 0; i < 8; i++) nt_store_r(panel + i * NT_WIDTH + c * NT_V, v[i]);
    }
}

/// Adds to `rows` rows of the result, in `columns` vectors of which the last has `last` numbers.
NT_INLINE void nt_outer_block(int rows, int columns, long P, const real *x, long xs,
                              const real *panel, real *out, long os, long last, int live) {
  vr sum[NT_ROWS * NT_COLUMNS] = {0};
  for (long p = 0; p < P; p++)
    nt_tile(rows, columns, sum, live, x + p * xs, 1, NT_LANES, panel + p * NT_LANES * NT_WIDTH,
            NT_WIDTH, NT_V);
  NT_UNROLL for (int r = 0; r < rows; r++)
    NT_UNROLL for (int c = 0; c < columns; c++) {
      real *to = out + r * os + c * NT_V;
      long n = c < columns - 1 ? NT_V : last;
      nt_store_first_r(to, nt_first_r(to, n) + sum[r * columns + c], n);
    }
}

/// All rows of the result, in blocks.
NT_INLINE void nt_outer_columns(int columns, long P, long K, const real *x, long xs,
                                const real *panel, real *out, long os, long last, int live) {
  long k = 0;
  for (; k + NT_ROWS <= K; k += NT_ROWS)
    nt_outer_block(NT_ROWS, columns, P, x + k * NT_LANES, xs, panel, out + k * os, os, last, live);
  for (; k < K; k++)
    nt_outer_block(1, columns, P, x + k * NT_LANES, xs, panel, out + k * os, os, last, live);
}

/// out[k*os + n] += Σ_{p<P} Σ_{l<live} x[p*xs + k*NT_LANES + l]·y[p*ys + n*NT_LANES + l]
///
/// Ends early once `stop` is set: nobody reads the result then.
NT_FUNCTION void nt_outer(const volatile int32_t *stop, long P, long K, long N, const real *x,
                          long xs, const real *y, long ys, real *out, long os, int live) {
  real panel[128 * NT_WIDTH] __attribute__((aligned(64)));
  for (long n = 0; n < N;) {
    int wide = N - n > (NT_COLUMNS - 1) * NT_V;
    long width = wide ? NT_WIDTH : NT_V;
    for (long p = 0; p < P; p += NT_STEPS) {
      if (*stop) return;
      long count = nt_least(P - p, NT_STEPS);
      nt_pack(panel, count, y + p * ys + n * NT_LANES, ys, nt_least(N - n, width));
      if (wide)
        nt_outer_columns(NT_COLUMNS, count, K, x + p * xs, xs, panel, out + n, os,
                         N - n - (NT_COLUMNS - 1) * NT_V, live);
      else
        nt_outer_columns(1, count, K, x + p * xs, xs, panel, out + n, os, N - n, live);
    }
    n += width;
  }
}

#endif

// Products of matrices, in the layout of lanes.

/// out[n][l] = Σ_k x[k][l]·w[k*ws + n]
NT_FUNCTION void nt_product(long K, long N, const real *x, const real *w, long ws, real *out) {
  for (long n = 0; n < N; n++)
    for (long l = 0; l < NT_LANES; l++) {
      real sum = 0;
      for (long k = 0; k < K; k++) sum += x[k * NT_LANES + l] * w[k * ws + n];
      out[n * NT_LANES + l] = sum;
    }
}

/// out[n][l] = Σ_k x[k][l]·w[n*ws + k]
NT_FUNCTION void nt_product_t(long K, long N, const real *x, const real *w, long ws, real *out) {
  for (long n = 0; n < N; n++)
    for (long l = 0; l < NT_LANES; l++) {
      real sum = 0;
      for (long k = 0; k < K; k++) sum += x[k * NT_LANES + l] * w[n * ws + k];
      out[n * NT_LANES + l] = sum;
    }
}

/// out[k*os + n] += Σ_{p<P} Σ_{l<live} x[p*xs + k*NT_LANES + l]·y[p*ys + n*NT_LANES + l]
NT_FUNCTION void nt_outer(long P, long K, long N, const real *x, long xs, const real *y, long ys,
                          real *out, long os, int live) {
  for (long k = 0; k < K; k++)
    for (long n = 0; n < N; n++)
      for (long p = 0; p < P; p++)
        for (long l = 0; l < live; l++)
          out[k * os + n] += x[p * xs + k * NT_LANES + l] * y[p * ys + n * NT_LANES + l];
}

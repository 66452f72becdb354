// Compares the products of product.h and multiply.h with plain loops in double precision, over small
// sizes and those of a Neural Turing Machine, and looks for accesses behind the arrays.

#include "guarded.h"

#include <math.h>
#include <stdio.h>

static int failures;

enum { GAP = 3, L = NT_LANES };

/// Numbers of both signs, below 1.
static real *numbers(int place, long count) {
  static uint64_t state = 1;
  real *p = guarded(place, count * (long)sizeof *p);
  for (long i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    p[i] = (real)((double)(int64_t)state * 0x1p-63);
  }
  return p;
}

static void check(const char *name, long K, long N, long i, real found, double expected,
                  double size) {
  double tolerance = (NT_DOUBLE ? 1e-15 : 5e-7) * (size + 1);
  if (fabs(found - expected) <= tolerance) return;
  if (failures++ < 20)
    printf("%s, K = %ld, N = %ld: element %ld is %.9g, not %.9g\n", name, K, N, i, (double)found,
           expected);
}

static void check_products(long K, long N) {
  long forward = N + GAP, transposed = K + GAP;
  // The last row of a weight ends with its last number.
  real *x = numbers(0, K * L), *w = numbers(1, K * forward - GAP);
  real *t = numbers(2, N * transposed - GAP), *a = numbers(3, N * L), *b = numbers(4, N * L);
  nt_product(K, N, x, w, forward, a);
  nt_product_t(K, N, x, t, transposed, b);
  for (long n = 0; n < N; n++)
    for (long l = 0; l < L; l++) {
      double first = 0, second = 0, size = 0;
      for (long k = 0; k < K; k++) {
        first += (double)x[k * L + l] * w[k * forward + n];
        second += (double)x[k * L + l] * t[n * transposed + k];
        size += fabs((double)x[k * L + l]);
      }
      check("product", K, N, n * L + l, a[n * L + l], first, size);
      check("product_t", K, N, n * L + l, b[n * L + l], second, size);
    }
}

#if NT_LANES == 8

static void check_outer(long P, long K, long N, int live) {
  long xs = K * L + GAP, ys = N * L + 2 * GAP, os = N + GAP;
  real *x = numbers(0, P * xs - GAP), *y = numbers(1, P * ys - 2 * GAP);
  real *out = numbers(2, K * os - GAP), *old = guarded(3, (K * os - GAP) * (long)sizeof *old);
  for (long i = 0; i < K * os - GAP; i++) old[i] = out[i];
  const int32_t stop = 0;
  nt_outer(&stop, P, K, N, x, xs, y, ys, out, os, live);
  for (long k = 0; k < K; k++)
    for (long n = 0; n < os && k * os + n < K * os - GAP; n++) {
      double sum = old[k * os + n], size = 0;
      for (long p = 0; p < P && n < N; p++)
        for (long l = 0; l < live; l++) {
          sum += (double)x[p * xs + k * L + l] * y[p * ys + n * L + l];
          size += fabs((double)x[p * xs + k * L + l]);
        }
      check("outer", K, N, k * os + n, out[k * os + n], sum, size);
    }
}

#else

/// An M by N matrix, `gap` numbers between its rows or its columns.
typedef struct {
  long rows, columns, count;
} Strides;

static Strides strides(long M, long N, int is_turned, long gap) {
  Strides s = is_turned ? (Strides){1, M + gap, N * (M + gap) - gap}
                        : (Strides){N + gap, 1, M * (N + gap) - gap};
  if (M == 0 || N == 0) s.count = 0;
  return s;
}

/// - form: bits say which matrices are turned, and whether the product is added.
static void check_multiply(long M, long N, long K, int form) {
  Strides a = strides(M, K, form & 1, GAP), b = strides(K, N, form & 2, 2 * GAP);
  Strides c = strides(M, N, 0, GAP);
  int adds = form >> 2 & 1;
  real *x = numbers(0, a.count), *y = numbers(1, b.count), *out = numbers(2, c.count);
  real *old = guarded(3, c.count * (long)sizeof *old);
  for (long i = 0; i < c.count; i++) old[i] = out[i];
  const int32_t stop = 0;
  nt_multiply(&stop, M, N, K, x, a.rows, a.columns, y, b.rows, b.columns, out, c.rows, adds);
  for (long m = 0; m < M; m++)
    for (long n = 0; n < c.rows && m * c.rows + n < c.count; n++) {
      long i = m * c.rows + n;
      double sum = adds || n >= N ? old[i] : 0, size = 0;
      for (long k = 0; k < K && n < N; k++) {
        sum += (double)x[m * a.rows + k * a.columns] * y[k * b.rows + n * b.columns];
        size += fabs((double)x[m * a.rows + k * a.columns]);
      }
      check("multiply", K, N, i, out[i], sum, size);
    }
}

#endif

int main(void) {
  const long sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 31, 33, 47, 48, 49, 50, 63,
                        65, 81, 92, 95, 96, 97, 100, 129};
  enum { COUNT = sizeof sizes / sizeof *sizes };
  for (int k = 0; k < COUNT; k++)
    for (int n = 0; n < COUNT; n++) {
      check_products(sizes[k], sizes[n]);
#if NT_LANES == 8
      check_outer((k + n) % 5, sizes[k], sizes[n], 1 + (k + n) % L);
#else
      check_multiply(sizes[(k + n) % COUNT] % 27, sizes[n], sizes[k], (k + 3 * n) % 8);
#endif
    }
  check_products(129, 400), check_products(400, 129), check_products(120, 8);
  check_products(512, 5), check_products(513, 4), check_products(1300, 3);
#if NT_LANES == 8
  check_outer(42, 129, 400, L), check_outer(42, 100, 92, L), check_outer(300, 12, 20, 1);
#else
  for (int form = 0; form < 8; form++) check_multiply(21, 70, 300, form);
  check_multiply(17, 300, 40, 0), check_multiply(1, 300, 2, 4);
#endif
  if (failures) printf("%d differences\n", failures);
  return failures != 0;
}

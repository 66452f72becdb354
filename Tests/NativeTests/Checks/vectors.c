// Checks vector.h element by element: what is read and written, selections, conversions and folds.

#include "guarded.h"

#include <math.h>
#include <stdio.h>

static int failures;

static void expect(const char *what, long n, long element, double found, double expected) {
  if (found == expected || (isnan(found) && isnan(expected))) return;
  if (failures++ < 20)
    printf("%s, %ld: element %ld is %g, not %g\n", what, n, element, found, expected);
}

enum { V = NT_V, L = NT_LANES, G = NT_GROUP, ROOM = 3 * V };

/// The memory functions of one element type, at an odd address with `before` all around.
#define CHECK_MEMORY(name, T, E, s, first, before) \
  static void name(void) { \
    E from[ROOM], to[ROOM]; \
    for (int i = 0; i < ROOM; i++) from[i] = (E)(first); \
    E *p = from + 1; \
    nt_store_##s(to, nt_load_##s(p)); \
    for (int i = 0; i < V; i++) expect(#name " load", V, i, to[i], p[i]); \
    nt_store_##s(to, nt_lanes_##s(p)); \
    for (int i = 0; i < V; i++) expect(#name " lanes", V, i, to[i], p[i % L]); \
    for (int n = 1; n <= G; n++) { \
      nt_store_##s(to, nt_part_##s(p, n)); \
      for (int i = 0; i < V; i++) expect(#name " part", n, i, to[i], i < n * L ? p[i] : 0); \
      for (int i = 0; i < ROOM; i++) to[i] = (E)(before); \
      nt_store_part_##s(to + 1, nt_load_##s(p), n); \
      for (int i = 0; i < ROOM; i++) \
        expect(#name " store_part", n, i, to[i], i > 0 && i <= n * L ? from[i] : before); \
    } \
    for (int i = 0; i < ROOM; i++) to[i] = (E)(before); \
    nt_store_lanes_##s(to + 1, nt_load_##s(p)); \
    for (int i = 0; i < ROOM; i++) \
      expect(#name " store_lanes", L, i, to[i], i > 0 && i <= L ? from[i] : before); \
  }

CHECK_MEMORY(reals, vr, real, r, i * 0.5 - 3, 99)
CHECK_MEMORY(ints, vi, int64_t, i, (int64_t)i << 40, 99)
CHECK_MEMORY(bools, vm, uint8_t, b, i % 3 == 0, 99)

/// Reads and writes of a part at the very end of memory.
static void ends(void) {
  for (int n = 1; n <= G; n++) {
    real *reals = guarded(0, n * L * (long)sizeof *reals);
    int64_t *ints = guarded(1, n * L * (long)sizeof *ints);
    uint8_t *bools = guarded(2, n * L);
    nt_store_part_r(reals, nt_splat_r(2), n);
    nt_store_part_i(ints, nt_splat_i(3), n);
    nt_store_part_b(bools, nt_splat_b(7), n);
    expect("end of reals", n, n * L - 1, nt_part_r(reals, n)[n * L - 1], 2);
    expect("end of ints", n, n * L - 1, (double)nt_part_i(ints, n)[n * L - 1], 3);
    expect("end of bools", n, n * L - 1, nt_part_b(bools, n)[n * L - 1], -1);
  }
}

static void selections(void) {
  vr a, b;
  vi c, d;
  vm m;
  for (int i = 0; i < V; i++) {
    a[i] = i % 4 ? (real)i : NAN, b[i] = -(real)i;
    c[i] = (int64_t)1 << (i + 40), d[i] = -i;
    m[i] = i % 2 ? -1 : 0;
  }
  vr reals = nt_select_r(m, a, b), numbers = nt_r_of_b(m), converted = nt_r_of_i(c);
  vi ints = nt_select_i(m, c, d), flags = nt_i_of_b(m), truncated = nt_i_of_r(b * (real)1.75);
  vm bools = nt_select_b(m, nt_splat_b(0), ~m), set = nt_b_of_r(a), counted = nt_b_of_i(c);
  for (int i = 0; i < V; i++) {
    expect("select_r", V, i, reals[i], i % 2 ? a[i] : b[i]);
    expect("select_i", V, i, (double)ints[i], (double)(i % 2 ? c[i] : d[i]));
    expect("select_b", V, i, bools[i], i % 2 ? 0 : -1);
    expect("r_of_b", V, i, numbers[i], i % 2);
    expect("i_of_b", V, i, (double)flags[i], i % 2);
    expect("r_of_i", V, i, converted[i], (double)c[i]);
    expect("i_of_r", V, i, (double)truncated[i], -(i * 7 / 4));
    expect("b_of_r", V, i, set[i], -1);
    expect("b_of_i", V, i, counted[i], -1);
    m[i] = 0;
  }
  for (int i = 0; i < V; i++) {
    expect("any of none", V, i, nt_any(m), 0);
    m[i] = -1;
    expect("any", V, i, nt_any(m), 1);
    m[i] = 0;
  }
}

static real lesser(real a, real b) { return a <= b || a != a ? a : b; }
static real greater(real a, real b) { return a >= b || a != a ? a : b; }

/// The folds over `n` features, against joins in order: the numbers are small and whole.
static void folds(int n, int turn) {
  vr x;
  vi y;
  vm m;
  for (int i = 0; i < V; i++) {
    x[i] = (real)((i * 5 + turn) % 7 - 3), y[i] = (i * 3 + turn) % 5 - 2;
    m[i] = (i + turn) % 3 ? -1 : 0;
    if (turn == 9 && i % 5 == 0) x[i] = NAN;
  }
  for (int l = 0; l < L; l++) {
    real sum = x[l], product = x[l], least = x[l], most = x[l];
    int64_t total = y[l], power = y[l], low = y[l], high = y[l];
    int all = m[l], any = m[l];
    for (int g = 1; g < n; g++) {
      real z = x[g * L + l];
      int64_t k = y[g * L + l];
      sum += z, product *= z, least = lesser(least, z), most = greater(most, z);
      total += k, power *= k, low = k < low ? k : low, high = k > high ? k : high;
      all &= (int)m[g * L + l], any |= (int)m[g * L + l];
    }
    expect("fold_add_r", n, l, nt_fold_add_r(x, n)[l], sum);
    expect("fold_mul_r", n, l, nt_fold_mul_r(x, n)[l], product);
    expect("fold_min_r", n, l, nt_fold_min_r(x, n)[l], least);
    expect("fold_max_r", n, l, nt_fold_max_r(x, n)[l], most);
    expect("fold_add_i", n, l, (double)nt_fold_add_i(y, n)[l], (double)total);
    expect("fold_mul_i", n, l, (double)nt_fold_mul_i(y, n)[l], (double)power);
    expect("fold_min_i", n, l, (double)nt_fold_min_i(y, n)[l], (double)low);
    expect("fold_max_i", n, l, (double)nt_fold_max_i(y, n)[l], (double)high);
    expect("fold_and_b", n, l, nt_fold_and_b(m, n)[l], all);
    expect("fold_or_b", n, l, nt_fold_or_b(m, n)[l], any);
  }
}

static void lanes(int live) {
  real x[L], sum = 0, product = 1, least = INFINITY, most = -INFINITY;
  int64_t y[L], total = 0, power = 1, low = 9, high = -9;
  uint8_t m[L];
  int all = 1, any = 0;
  for (int l = 0; l < L; l++) {
    x[l] = (real)(l * 3 % 5 - 2), y[l] = l * 2 % 5 - 1, m[l] = l == 1;
    if (l >= live) continue;
    sum += x[l], product *= x[l], least = lesser(least, x[l]), most = greater(most, x[l]);
    total += y[l], power *= y[l], low = y[l] < low ? y[l] : low, high = y[l] > high ? y[l] : high;
    all = all && m[l], any = any || m[l];
  }
  expect("sum_lanes_r", live, 0, nt_sum_lanes_r(x, live), sum);
  expect("mul_lanes_r", live, 0, nt_mul_lanes_r(x, live), product);
  expect("min_lanes_r", live, 0, nt_min_lanes_r(x, live), least);
  expect("max_lanes_r", live, 0, nt_max_lanes_r(x, live), most);
  expect("sum_lanes_i", live, 0, (double)nt_sum_lanes_i(y, live), (double)total);
  expect("mul_lanes_i", live, 0, (double)nt_mul_lanes_i(y, live), (double)power);
  expect("min_lanes_i", live, 0, (double)nt_min_lanes_i(y, live), (double)low);
  expect("max_lanes_i", live, 0, (double)nt_max_lanes_i(y, live), (double)high);
  expect("any_lanes_b", live, 0, nt_any_lanes_b(m, live), any);
  expect("all_lanes_b", live, 0, nt_all_lanes_b(m, live), all);
}

int main(void) {
  reals(), ints(), bools(), ends(), selections();
  for (int turn = 0; turn < 10; turn++)
    for (int n = 1; n <= G; n++) folds(n, turn);
  for (int live = 1; live <= L; live++) lanes(live);
  if (failures) printf("%d differences\n", failures);
  return failures != 0;
}

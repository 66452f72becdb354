// Compares the functions of mathematics.h with the C library in double precision, over numbers of
// every size, and with what the interpreter does at the edges. The argument is the distance between
// two samples in units of the last place.

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int failures;

/// Whether `found` is `expected` up to a relative difference; infinity counts as the largest real.
static int is_near(real found, double expected, double tolerance) {
  if (isnan(expected) || isnan(found)) return isnan(expected) && isnan(found);
  if (!signbit(expected) != !signbit(found)) return 0;
  const double least = NT_DOUBLE ? 0x1p-1022 : 0x1p-126;
  const double largest = NT_DOUBLE ? 0x1.fffffffffffffp1023 : 0x1.fffffep127;
  double size = fmin(fabs(expected), largest);
  return fabs(fmin(fabs((double)found), largest) - size) <= fmax(size, least) * tolerance ||
         (real)expected == found;
}

static double worst;
static void check(const char *name, real x, real y, real found, double expected, double tolerance) {
  double distance = fabs(found - expected) / fabs(expected);
  if (fabs(expected) >= 0x1p-126 && isfinite(found) && distance > worst) worst = distance;
  if (is_near(found, expected, tolerance)) return;
  if (failures++ < 20)
    printf("%s(%.9g, %.9g) is %.9g, not %.9g\n", name, x, y, found, expected);
}

static double reference_sigmoid(double x) { return (x < 0 ? exp(x) : 1) / (1 + exp(-fabs(x))); }
static double reference_softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
static double reference_negate(double x) { return -x; }
static double reference_sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x; }

#define UNARY(name, reference, tolerance) \
  {#name, entry_##name, reference, tolerance}
#define ENTRY(name) \
  static __attribute__((noinline)) void entry_##name(const real *x, real *out) { \
    nt_store_r(out, nt_##name##_r(nt_load_r(x))); \
  }
ENTRY(negate) ENTRY(absolute) ENTRY(sign) ENTRY(floor) ENTRY(squareRoot) ENTRY(exp) ENTRY(expm1)
ENTRY(log) ENTRY(log1p) ENTRY(sin) ENTRY(cos) ENTRY(tanh) ENTRY(sigmoid) ENTRY(softplus)

static const struct {
  const char *name;
  void (*run)(const real *, real *);
  double (*reference)(double);
  double tolerance;
} unary[] = {
    UNARY(negate, reference_negate, 0), UNARY(absolute, fabs, 0),
    UNARY(sign, reference_sign, 0),     UNARY(floor, floor, 0),
    UNARY(squareRoot, sqrt, 6e-8),      UNARY(exp, exp, 3e-7),
    UNARY(expm1, expm1, 3e-7),          UNARY(log, log, 3e-7),
    UNARY(log1p, log1p, 3e-7),          UNARY(sin, sin, 3e-7),
    UNARY(cos, cos, 3e-7),              UNARY(tanh, tanh, 3e-7),
    UNARY(sigmoid, reference_sigmoid, 3e-7), UNARY(softplus, reference_softplus, 3e-7),
};

static const real edges[] = {
    0,        -0.0,     1,        -1,         2,        -2,       0.5,      -0.5,     3,
    -3,       1.5,      -2.5,     7,          -7,       1e-3,     -1e-3,    1e-7,     88.7,
    -88,      88.8,     -104,     -103,       1000,     -1000,    1e9,      -1e9,     0.75,
    0.999999, 1.000001, 0x1p-126, -0x1p-130,  0x1p-130, 0x1p-149, 16777216, 16777218, 0x1p127,
    -0x1p127, INFINITY, NAN,      -INFINITY,  0x1.fffffep127};
enum { EDGES = sizeof edges / sizeof *edges };

static void check_unary(long stride) {
  real x[NT_V], y[NT_V];
  for (size_t f = 0; f < sizeof unary / sizeof *unary; f++) {
    worst = 0;
    uint64_t bits = 0;
    for (long sample = 0; bits <= UINT32_MAX;) {
      for (int i = 0; i < NT_V; i++, sample++) {
        if (sample < EDGES) {
          x[i] = edges[sample];
          continue;
        }
        uint32_t single = (uint32_t)bits;
        float value;
        __builtin_memcpy(&value, &single, 4);
        x[i] = value;
        bits += (uint64_t)stride;
      }
      unary[f].run(x, y);
      double tolerance = NT_DOUBLE ? fmin(unary[f].tolerance, 1e-15) : unary[f].tolerance;
      for (int i = 0; i < NT_V; i++)
        check(unary[f].name, x[i], 0, y[i], unary[f].reference(x[i]), tolerance);
    }
    if (getenv("NTM_SHOW")) printf("%-12s %.2e\n", unary[f].name, worst);
  }
}

static double reference_remainder(double x, double y) {
  double rest = fmod(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? (real)rest + (real)y : rest;
}
static double reference_minimum(double x, double y) { return x <= y || x != x ? x : y; }
static double reference_maximum(double x, double y) { return x >= y || x != x ? x : y; }

/// The functions of two numbers at `x` and `y`.
static void check_pairs(const real *x, const real *y) {
  vr a = nt_load_r(x), b = nt_load_r(y);
  vr power = nt_power_r(a, b), remainder = nt_remainder_r(a, b), quotient = nt_floorDivide_r(a, b);
  vr minimum = nt_minimum_r(a, b), maximum = nt_maximum_r(a, b);
  for (int i = 0; i < NT_V; i++) {
    double exponent = fabs(y[i] * log(fabs(x[i])));
    double tolerance = NT_DOUBLE       ? 1e-15
                       : exponent < 10 ? 3e-7
                       : exponent < 87 ? 3e-8 * exponent
                                       : 1e-6 * exponent;
    check("power", x[i], y[i], power[i], pow(x[i], y[i]), tolerance);
    check("remainder", x[i], y[i], remainder[i], reference_remainder(x[i], y[i]), 0);
    check("floorDivide", x[i], y[i], quotient[i], floor((real)(x[i] / y[i])), 0);
    check("minimum", x[i], y[i], minimum[i], reference_minimum(x[i], y[i]), 0);
    check("maximum", x[i], y[i], maximum[i], reference_maximum(x[i], y[i]), 0);
  }
}

static uint64_t state = 1;
static uint64_t random_bits(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

static void check_binary(long count) {
  real x[NT_V], y[NT_V];
  for (int first = 0; first < EDGES; first++)
    for (int second = 0; second < EDGES; second++) {
      for (int i = 0; i < NT_V; i++) {
        x[i] = edges[(first + i) % EDGES];
        y[i] = edges[(second + i / 2) % EDGES];
      }
      check_pairs(x, y);
    }
  // Whole numbers to small powers are exact.
  for (int base = -12; base <= 12; base++)
    for (int exponent = 0; exponent <= 6; exponent++) {
      real found = nt_power_r(nt_splat_r(base), nt_splat_r(exponent))[NT_V - 1];
      check("power", base, exponent, found, pow(base, exponent), 0);
    }
  for (long sample = 0; sample < count; sample++) {
    for (int i = 0; i < NT_V; i++) {
      x[i] = (real)ldexp((double)(random_bits() >> 11) * 0x1p-53, (int)(random_bits() % 40) - 20);
      y[i] = (real)ldexp((double)(int64_t)random_bits() * 0x1p-63, (int)(random_bits() % 8));
    }
    check_pairs(x, y);
  }
}

static void check_integer(const char *name, int64_t x, int64_t y, int64_t found, int64_t expected) {
  if (found == expected) return;
  if (failures++ < 20)
    printf("%s(%" PRId64 ", %" PRId64 ") is %" PRId64 ", not %" PRId64 "\n", name, x, y, found,
           expected);
}

static int64_t floor_quotient(int64_t x, int64_t y) {
  if (y == 0) return 0;
  if (y == -1) return (int64_t)(0 - (uint64_t)x);
  return (x % y != 0 && (x < 0) != (y < 0)) ? x / y - 1 : x / y;
}

static void check_integers(void) {
  const int64_t numbers[] = {0, 1, -1, 2, -2, 3, -3, 7, -7, 10, 63, INT64_MAX, INT64_MIN};
  enum { COUNT = sizeof numbers / sizeof *numbers };
  for (int first = 0; first < COUNT; first++)
    for (int second = 0; second < COUNT; second++) {
      int64_t x = numbers[first], y = numbers[second];
      vi a = nt_splat_i(x), b = nt_splat_i(y);
      nt_fault_flag = 0;
      int64_t quotient = floor_quotient(x, y);
      int64_t rest = y == 0 ? 0 : (int64_t)((uint64_t)x - (uint64_t)quotient * (uint64_t)y);
      check_integer("floorDivide", x, y, nt_floorDivide_i(a, b)[NT_V - 1], quotient);
      check_integer("divide", x, y, nt_divide_i(a, b)[0], quotient);
      check_integer("remainder", x, y, nt_remainder_i(a, b)[0], rest);
      check_integer("the fault of", x, y, nt_fault_flag, y == 0);
      nt_fault_flag = 0;
      uint64_t power = 1;
      for (int64_t i = 0; i < y && y < 100; i++) power *= (uint64_t)x;
      if (y < 100) check_integer("power", x, y, nt_power_i(a, b)[0], (int64_t)power);
      check_integer("the fault of power", x, y, nt_fault_flag, y < 0);
      nt_fault_flag = 0;
      check_integer("minimum", x, y, nt_minimum_i(a, b)[0], x < y ? x : y);
      check_integer("maximum", x, y, nt_maximum_i(a, b)[0], x > y ? x : y);
      check_integer("absolute", x, y, nt_absolute_i(a)[0], x < 0 ? (int64_t)(0 - (uint64_t)x) : x);
      check_integer("sign", x, y, nt_sign_i(a)[0], (x > 0) - (x < 0));
    }
}

static void check_conversions(void) {
  const struct {
    real from;
    int64_t to;
    int fault;
  } cases[] = {{0, 0, 0},       {-1.9, -1, 0},       {1.9, 1, 0},      {1e9, 1000000000, 0},
               {0x1p63, 0, 1},  {-0x1p63, INT64_MIN, 0}, {NAN, 0, 1},  {INFINITY, 0, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    nt_fault_flag = 0;
    vi ints = nt_i_of_r(nt_splat_r(cases[i].from));
    check_integer("int", (int64_t)i, 0, ints[NT_V - 1], cases[i].to);
    check_integer("the fault of int", (int64_t)i, 0, nt_fault_flag, cases[i].fault);
  }
  for (int i = 0; i < EDGES; i++) {
    vr x = nt_splat_r(edges[i]);
    check_integer("bool", i, 0, nt_i_of_b(nt_b_of_r(x))[0], edges[i] != 0);
    check_integer("isFinite", i, 0, nt_i_of_b(nt_isFinite_r(x))[0], isfinite(edges[i]));
  }
}

int main(int count, char **arguments) {
  long stride = count > 1 ? atol(arguments[1]) : 100003;
  check_unary(stride);
  check_binary(2000);
  check_integers();
  check_conversions();
  if (failures) printf("%d differences\n", failures);
  return failures != 0;
}

// The scalar functions of the language, on vectors: what the interpreter computes for one element.
//
// Names are those of `ScalarExpression`, with the suffix of the operands: `_r`, `_i` or `_b`. In
// double precision, where agreement matters and time does not, the transcendental ones are those of
// the C library, lane by lane. In single precision they are polynomials, summed in pairs because
// their latency is what costs.
//
// Promise: in single precision a result is within 3e-7 of the value wherever that is a normal
// number. For a power that is exp(e) this holds up to |e| = 10; then it is 3e-8·|e|, and 1e-6·|e|
// from 87 on.

NT_INLINE vr nt_negate_r(vr x) { return -x; }
NT_INLINE vr nt_absolute_r(vr x) { return (vr)((vu)x << 1 >> 1); }

/// As `x`, with the sign of `y`.
NT_INLINE vr nt_signed_r(vr x, vr y) {
  vu sign = (vu)(vm)nt_splat_r((real)-0.0);
  return (vr)(((vu)x & ~sign) | ((vu)y & sign));
}

NT_INLINE vr nt_floor_r(vr x) {
  // Above this every number is whole; added to a smaller one, it leaves no room for a fraction.
  vr whole = nt_signed_r(nt_splat_r(NT_DOUBLE ? 0x1p52 : 0x1p23), x);
  vr nearest = (x + whole) - whole;
  vr down = nearest - nt_r_of_b((vm)(nearest > x));
  vm fits = (vm)(nt_absolute_r(x) < nt_absolute_r(whole));
  return nt_select_r(fits, nt_signed_r(down, x), x);
}

NT_INLINE vr nt_squareRoot_r(vr x) {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(x);
#else
  for (int i = 0; i < NT_V; i++) x[i] = NT_DOUBLE ? __builtin_sqrt(x[i]) : __builtin_sqrtf(x[i]);
  return x;
#endif
}

#if NT_DOUBLE

#define NT_EACH(name, f) \
  extern double f(double); \
  NT_INLINE vr nt_##name##_r(vr x) { \
    for (int i = 0; i < NT_V; i++) x[i] = f(x[i]); \
    return x; \
  }
#define NT_EACH_PAIR(name, f) \
  extern double f(double, double); \
  NT_INLINE vr nt_##name##_r(vr x, vr y) { \
    for (int i = 0; i < NT_V; i++) x[i] = f(x[i], y[i]); \
    return x; \
  }

NT_EACH(exp, exp)
NT_EACH(expm1, expm1)
NT_EACH(log, log)
NT_EACH(log1p, log1p)
NT_EACH(sin, sin)
NT_EACH(cos, cos)
NT_EACH(tanh, tanh)
NT_EACH_PAIR(power, pow)
NT_EACH_PAIR(modulus, fmod)

#else

typedef double vd __attribute__((vector_size(NT_V * 8)));

/// x - less = count·log 2 + rest with |rest| ≤ log 2 / 2, where `less` is far below `x`, and
/// (exp(rest) - 1 - rest) / rest² in `curve`.
typedef struct {
  vm count;
  vr rest, curve;
} nt_exponent;

NT_INLINE nt_exponent nt_split_exponent(vr x, vr less) {
  const float shift = 0x1.8p23f;
  vr shifted = (x - less) * 0x1.715476p0f + shift;
  vr n = shifted - shift;
  vr r = x - n * 0x1.63p-1f - (less - n * 0x1.bd0106p-13f);
  vr square = r * r;
  vr p = (1.9875691500e-4f * r + 1.3981999507e-3f) * (square * square) +
         (8.3334519073e-3f * r + 4.1665795894e-2f) * square +
         (1.6666665459e-1f * r + 5.0000001201e-1f);
  return (nt_exponent){(vm)shifted - (vm)nt_splat_r(shift), r, p};
}

/// 2^n for -126 ≤ n ≤ 127
NT_INLINE vr nt_power_of_two(vm n) { return (vr)(((vu)n + 127) << 23); }

/// NaN stays.
NT_INLINE vr nt_clamped(vr x, float low, float high) {
  x = nt_select_r((vm)(x < low), nt_splat_r(low), x);
  return nt_select_r((vm)(x > high), nt_splat_r(high), x);
}

/// exp(x - less) for -104 ≤ x - less ≤ 89
NT_INLINE vr nt_exp_difference(vr x, vr less) {
  nt_exponent e = nt_split_exponent(x, less);
  // In two factors, since 2^128 and 2^-150 are no numbers.
  vm half = e.count >> 1;
  vr p = e.curve * (e.rest * e.rest) + e.rest + 1;
  return p * nt_power_of_two(half) * nt_power_of_two(e.count - half);
}

NT_INLINE vr nt_exp_r(vr x) { return nt_exp_difference(nt_clamped(x, -104, 89), nt_splat_r(0)); }

NT_INLINE vr nt_expm1_r(vr x) {
  nt_exponent e = nt_split_exponent(nt_clamped(x, -30, 89), nt_splat_r(0));
  vr half = nt_power_of_two(e.count - 1);
  vr p = e.curve * (e.rest * e.rest) + e.rest;
  vr y = (half * p + (half - 0.5f)) * 2;
  return nt_select_r((vm)(e.count == 0), nt_select_r((vm)(x == 0), x, p), y);
}

NT_INLINE vr nt_tanh_r(vr x) {
  // With e = exp(2|x|) - 1, which is accurate near 0, tanh |x| = e / (e + 2).
  vr e = nt_expm1_r(2 * nt_clamped(nt_absolute_r(x), 0, 20));
  return nt_signed_r(e / (e + 2), x);
}

/// log x = count + fraction + low for a finite x above 0; `count` has few bits, and `low` is small.
typedef struct {
  vr count, fraction, low;
} nt_logarithm;

NT_INLINE nt_logarithm nt_split_logarithm(vr x) {
  vm tiny = (vm)(x < 0x1p-126f);
  vu bits = (vu)nt_select_r(tiny, x * 0x1p23f, x);
  // x = m·2^n with √½ ≤ m < √2, and f = m - 1.
  vm n = (vm)(bits - 0x3f3504f3) >> 23;
  vr f = (vr)(bits - ((vu)n << 23)) - 1;
  vr count = __builtin_convertvector(n - (tiny & 23), vr);
  vr square = f * f, fourth = square * square;
  vr p = 7.0376836292e-2f * (fourth * fourth) +
         ((1.1676998740e-1f - 1.1514610310e-1f * f) * square +
          (1.4249322787e-1f - 1.2420140846e-1f * f)) *
             fourth +
         ((2.0000714765e-1f - 1.6668057665e-1f * f) * square +
          (3.3333331174e-1f - 2.4999993993e-1f * f));
  vr low = p * (f * square) - count * 0x1.bd0106p-13f - 0.5f * square;
  return (nt_logarithm){count * 0x1.63p-1f, f, low};
}

/// Of the size, as in a power: what computes both splits one logarithm.
NT_INLINE vr nt_log_r(vr x) {
  const float infinity = __builtin_inff();
  vr size = nt_absolute_r(x);
  nt_logarithm l = nt_split_logarithm(size);
  vr y = l.count + (l.fraction + l.low);
  y = nt_select_r((vm)(size < infinity), y, size);
  y = nt_select_r((vm)(x == 0), nt_splat_r(-infinity), y);
  return nt_select_r((vm)(x < 0), nt_splat_r(__builtin_nanf("")), y);
}

NT_INLINE vr nt_log1p_r(vr x) {
  vr u = 1 + x;
  vr y = nt_log_r(u);
  // What the sum lost, over u; at both ends, and for NaN, there is nothing to add.
  vr corrected = y + (x - (u - 1)) / u;
  vm inside = (vm)(u > 0) & (vm)(u < __builtin_inff());
  return nt_select_r((vm)(x == 0), x, nt_select_r(inside, corrected, y));
}

// Sine and cosine, by quarter turns. The reduction is in double precision: exact enough up to
// 2^20 quarter turns, beyond which a lane is computed by itself from the bits of 2/π.

/// The sine of the angle that is `*turns` quarters more than the result, which is at most π/4.
NT_FUNCTION float nt_quarter_rest(float x, int32_t *turns) {
  static const uint32_t two_over_pi[] = {0,          0xa2f9836e, 0x4e441529, 0xfc2757d1,
                                         0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  uint64_t m = (bits & 0x7fffff) | 0x800000;
  // x is m·2^e; the multiples of 4 in x·2/π are the bits before the first of `window`.
  int e = (int)(bits >> 23 & 255) - 150;
  int skipped = 32 + e - 2;
  uint64_t window[3];
  for (int i = 0; i < 3; i++) {
    const uint32_t *word = two_over_pi + skipped / 32 + i;
    window[i] = (((uint64_t)word[0] << 32 | word[1]) << skipped % 32) >> 32;
  }
  uint64_t turned = (m * window[0] << 32) + m * window[1] + (m * window[2] >> 32);
  uint64_t quarters = (turned + (1ull << 61)) >> 62;
  double rest = (double)(int64_t)(turned - (quarters << 62)) * 0x1.921fb54442d18p-62;
  *turns = (int32_t)(bits >> 31 ? 0 - quarters : quarters);
  return (float)(bits >> 31 ? -rest : rest);
}

/// The sine of `x` and `ahead` quarter turns.
NT_INLINE vr nt_sine(vr x, int ahead) {
  const double shift = 0x1.8p52;
  vd wide = __builtin_convertvector(x, vd);
  vd shifted = wide * 0x1.45f306dc9c883p-1 + shift;
  vd n = shifted - shift;
  vr r = __builtin_convertvector(wide - n * 0x1.921fb544p0 - n * 0x1.0b4611a626331p-34, vr);
  vm turns = __builtin_convertvector((vi)((vw)shifted - (vw)(shift - (vd){0})), vm);
  vm far = ~(vm)(nt_absolute_r(x) < 0x1p20f);
  if (nt_any(far))
    for (int i = 0; i < NT_V; i++)
      if (far[i]) {
        int32_t turn = 0;
        float rest = x[i] - x[i];
        if (rest == 0) rest = nt_quarter_rest(x[i], &turn);
        r[i] = rest;
        turns[i] = turn;
      }
  turns += ahead;
  vr z = r * r;
  vr sine = (-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f;
  sine = sine * (z * r) + r;
  vr cosine = (2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f;
  cosine = cosine * (z * z) + (1 - 0.5f * z);
  vr y = nt_select_r((vm)((turns & 1) != 0), cosine, sine);
  return (vr)((vu)y ^ (vu)(turns & 2) << 30);
}

NT_INLINE vr nt_sin_r(vr x) { return nt_select_r((vm)(x == 0), x, nt_sine(x, 0)); }
NT_INLINE vr nt_cos_r(vr x) { return nt_sine(x, 1); }

/// Its first twelve bits: the product of two such numbers is exact.
NT_INLINE vr nt_leading(vr x) { return (vr)((vu)x & 0xfffff000); }

/// size^y for a `size` that is not below 0, or NaN.
NT_INLINE vr nt_power_of_size(vr size, vr y) {
  vr whole = y * nt_log_r(size);
  // An error of the exponent is one of the result: where there is room, the product is taken in two
  // parts, of which the larger is exact.
  nt_logarithm l = nt_split_logarithm(size);
  vr high = nt_leading(l.count + l.fraction), above = nt_leading(y);
  vr low = (l.count - high) + l.fraction + l.low;
  vm fits = (vm)(nt_absolute_r(whole) < 88);
  vr most = nt_select_r(fits, above * high, nt_clamped(whole, -104, 89));
  vr rest = nt_select_r(fits, (y - above) * high + y * low, nt_splat_r(0));
  return nt_exp_difference(most, -rest);
}

/// What the size says, with the signs, and what a power is by definition.
NT_FUNCTION vr nt_signed_power(vr z, vr x, vr y) {
  const float infinity = __builtin_inff();
  vr size = nt_absolute_r(x);
  // 1 to any power, and -1 to an infinite one; 0 is the power that makes 1 of everything.
  z = nt_select_r((vm)(size == 1) & (vm)(y == y), nt_splat_r(1), z);
  z = nt_select_r((vm)(x == 1) | (vm)(y == 0), nt_splat_r(1), z);
  vm whole = (vm)(nt_floor_r(y) == y);
  vm odd = whole & (vm)(nt_floor_r(0.5f * y) != 0.5f * y);
  z = (vr)((vu)z ^ ((vu)odd & (vu)x & (vu)(vm)nt_splat_r(-0.0f)));
  vm none = (vm)(x < 0) & (vm)(x > -infinity) & ~whole & (vm)(y == y);
  return nt_select_r(none, nt_splat_r(__builtin_nanf("")), z);
}

NT_INLINE vr nt_power_r(vr x, vr y) {
  vr z = nt_power_of_size(nt_absolute_r(x), y);
  // Where nothing has a sign and all powers are numbers, that is all.
  vm rare = ((vm)x < 0) | (vm)(y == 0) | ~(vm)(nt_absolute_r(y) < __builtin_inff());
  return __builtin_expect(nt_any(rare), 0) ? nt_signed_power(z, x, y) : z;
}

/// fmod(x, y), by quotients below 2^24, whose products with `y` are exact.
NT_FUNCTION float nt_long_modulus(float x, float y) {
  double rest = x < 0 ? -(double)x : (double)x;
  double last = y < 0 ? -(double)y : (double)y;
  if (!(rest < (double)__builtin_inff() && last > 0)) return __builtin_nanf("");
  if (rest < last) return x;
  double part = last;
  while (part * 0x1p24 <= rest) part *= 0x1p24;
  for (;; part *= 0x1p-24) {
    rest -= (double)(int64_t)(rest / part) * part;
    if (part == last) return __builtin_copysignf((float)rest, x);
  }
}

NT_INLINE vr nt_modulus_r(vr x, vr y) {
  for (int i = 0; i < NT_V; i++) x[i] = nt_long_modulus(x[i], y[i]);
  return x;
}

#endif

// In either precision.

NT_INLINE vr nt_subtract_r(vr a, vr b) { return a - b; }
NT_INLINE vr nt_divide_r(vr a, vr b) { return a / b; }
NT_INLINE vm nt_equal_r(vr a, vr b) { return (vm)(a == b); }
NT_INLINE vm nt_less_r(vr a, vr b) { return (vm)(a < b); }
NT_INLINE vm nt_lessOrEqual_r(vr a, vr b) { return (vm)(a <= b); }
NT_INLINE vm nt_isFinite_r(vr x) { return (vm)(nt_absolute_r(x) < (real)__builtin_inf()); }

/// -1, 0 or 1; NaN stays.
NT_INLINE vr nt_sign_r(vr x) {
  vr sign = nt_r_of_b((vm)(x > 0)) - nt_r_of_b((vm)(x < 0));
  return nt_select_r((vm)(x != x), x, sign);
}

NT_INLINE vr nt_floorDivide_r(vr a, vr b) { return nt_floor_r(a / b); }

/// With the sign of the divisor.
NT_INLINE vr nt_remainder_r(vr a, vr b) {
  vr rest = nt_modulus_r(a, b);
  vm moves = (vm)(rest != 0) & ((vm)(rest < 0) ^ (vm)(b < 0));
  return nt_select_r(moves, rest + b, rest);
}

/// 1 / (1 + exp(-x)), without overflow on either side.
NT_INLINE vr nt_sigmoid_r(vr x) {
  // The quotient is that of -x, too: the compiler takes it once for both.
  vr decay = nt_exp_r(-nt_absolute_r(x));
  vr high = 1 / (1 + decay);
  return nt_select_r((vm)(x < 0), decay * high, high);
}

/// log(1 + exp(x)), without overflow on either side.
NT_FUNCTION vr nt_softplus_r(vr x) {
  vr rest = nt_log1p_r(nt_exp_r(-nt_absolute_r(x)));
  return nt_select_r((vm)(x <= 0), nt_splat_r(0), x) + rest;
}

// Ints wrap.

NT_INLINE vi nt_negate_i(vi x) { return (vi)-(vw)x; }
NT_INLINE vi nt_absolute_i(vi x) { return nt_maximum_i(x, nt_negate_i(x)); }
NT_INLINE vi nt_sign_i(vi x) { return (vi)(x < 0) - (vi)(x > 0); }
NT_INLINE vi nt_floor_i(vi x) { return x; }
NT_INLINE vm nt_isFinite_i(__attribute__((unused)) vi x) { return nt_splat_b(1); }
NT_INLINE vi nt_subtract_i(vi a, vi b) { return (vi)((vw)a - (vw)b); }
NT_INLINE vm nt_equal_i(vi a, vi b) { return nt_m_of_i((vi)(a == b)); }
NT_INLINE vm nt_less_i(vi a, vi b) { return nt_m_of_i((vi)(a < b)); }
NT_INLINE vm nt_lessOrEqual_i(vi a, vi b) { return nt_m_of_i((vi)(a <= b)); }

/// Rounded towards minus infinity. A divisor of 0 is a fault.
NT_INLINE vi nt_floorDivide_i(vi a, vi b) {
  for (int i = 0; i < NT_V; i++) {
    int64_t x = a[i], y = b[i];
    if (y == 0) nt_fault_flag = 1;
    // The one quotient out of range wraps to its dividend, as the negation does.
    if (y == 0 || y == -1) a[i] = y == 0 ? 0 : (int64_t)(0 - (uint64_t)x);
    else a[i] = x / y - (x % y != 0 && (x < 0) != (y < 0));
  }
  return a;
}
NT_INLINE vi nt_divide_i(vi a, vi b) { return nt_floorDivide_i(a, b); }

/// With the sign of the divisor. A divisor of 0 is a fault.
NT_INLINE vi nt_remainder_i(vi a, vi b) {
  for (int i = 0; i < NT_V; i++) {
    int64_t x = a[i], y = b[i];
    if (y == 0) nt_fault_flag = 1;
    int64_t rest = y == 0 || y == -1 ? 0 : x % y;
    a[i] = rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  }
  return a;
}

/// An exponent below 0 is a fault.
NT_INLINE vi nt_power_i(vi a, vi b) {
  for (int i = 0; i < NT_V; i++) {
    uint64_t factor = (uint64_t)a[i], result = 1;
    if (b[i] < 0) nt_fault_flag = 1;
    for (int64_t rest = b[i]; rest > 0; rest >>= 1, factor *= factor)
      if (rest & 1) result *= factor;
    a[i] = (int64_t)result;
  }
  return a;
}

/// The finaliser of SplitMix64: every bit depends on every bit.
NT_INLINE vi nt_scramble_i(vi x) {
  vw z = (vw)x;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (vi)(z ^ (z >> 31));
}

/// The upper halves of products without signs.
NT_INLINE vi nt_multiplyHigh_i(vi a, vi b) {
  for (int i = 0; i < NT_V; i++)
    a[i] = (int64_t)((unsigned __int128)(uint64_t)a[i] * (uint64_t)b[i] >> 64);
  return a;
}

// Bools.

NT_INLINE vm nt_not_b(vm a) { return ~a; }
NT_INLINE vm nt_equal_b(vm a, vm b) { return ~(a ^ b); }
NT_INLINE vm nt_less_b(vm a, vm b) { return ~a & b; }
NT_INLINE vm nt_lessOrEqual_b(vm a, vm b) { return ~a | b; }

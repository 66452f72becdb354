// The scalar functions of the language, on vectors: what the interpreter computes for one element.
//
// Names are those of `ScalarExpression`, with the suffix of the operands: `_r`, `_i` or `_b`.

#define NT_LIBM_1(name, f) \
  extern real f(real); \
  NT_INLINE vr nt_##name##_r(vr x) { \
    for (int i = 0; i < NT_V; i++) x[i] = f(x[i]); \
    return x; \
  }
#define NT_LIBM_2(name, f) \
  extern real f(real, real); \
  NT_INLINE vr nt_##name##_r(vr x, vr y) { \
    for (int i = 0; i < NT_V; i++) x[i] = f(x[i], y[i]); \
    return x; \
  }
#if NT_DOUBLE
#define NT_LIBM(f) f
#else
#define NT_LIBM(f) f##f
#endif
NT_LIBM_1(floor, NT_LIBM(floor))
NT_LIBM_1(squareRoot, NT_LIBM(sqrt))
NT_LIBM_1(exp, NT_LIBM(exp))
NT_LIBM_1(expm1, NT_LIBM(expm1))
NT_LIBM_1(log, NT_LIBM(log))
NT_LIBM_1(log1p, NT_LIBM(log1p))
NT_LIBM_1(sin, NT_LIBM(sin))
NT_LIBM_1(cos, NT_LIBM(cos))
NT_LIBM_1(tanh, NT_LIBM(tanh))
NT_LIBM_2(power, NT_LIBM(pow))
NT_LIBM_2(modulus, NT_LIBM(fmod))

// Reals.

NT_INLINE vr nt_negate_r(vr x) { return -x; }
NT_INLINE vr nt_absolute_r(vr x) { return (vr)((vu)x << 1 >> 1); }
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
  vr decay = nt_exp_r(-nt_absolute_r(x));
  return nt_select_r((vm)(x < 0), decay, nt_splat_r(1)) / (1 + decay);
}

/// log(1 + exp(x)), without overflow on either side.
NT_INLINE vr nt_softplus_r(vr x) {
  vr rest = nt_log1p_r(nt_exp_r(-nt_absolute_r(x)));
  return nt_select_r((vm)(x <= 0), nt_splat_r(0), x) + rest;
}

// Ints wrap.

NT_INLINE vi nt_negate_i(vi x) { return (vi)-(vw)x; }
NT_INLINE vi nt_absolute_i(vi x) { return nt_maximum_i(x, nt_negate_i(x)); }
NT_INLINE vi nt_sign_i(vi x) { return (vi)(x < 0) - (vi)(x > 0); }
NT_INLINE vi nt_floor_i(vi x) { return x; }
NT_INLINE vm nt_isFinite_i(vi x) { return (vm)nt_m_of_i((vi)(x == x)); }
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

// Bools.

NT_INLINE vm nt_not_b(vm a) { return ~a; }
NT_INLINE vm nt_equal_b(vm a, vm b) { return ~(a ^ b); }
NT_INLINE vm nt_less_b(vm a, vm b) { return ~a & b; }
NT_INLINE vm nt_lessOrEqual_b(vm a, vm b) { return ~a | b; }

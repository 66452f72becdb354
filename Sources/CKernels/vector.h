// Vectors of one width: loads, stores, selections, conversions and folds.
//
// A vector holds NT_GROUP features of NT_LANES examples each, lanes innermost. It is a vector of
// the compiler's, so an operator on it is one or a few instructions, and no header is included.
//
// Promise: a function reads and writes no element besides those it names, at any alignment, and
// joins numbers in an order that depends on nothing but the widths.

#pragma GCC diagnostic ignored "-Wpsabi"

#define NT_INLINE static inline __attribute__((always_inline, unused))
#define NT_FUNCTION static __attribute__((noinline, unused))
/// Of a function that is called once for many calls of the program.
#if defined(__clang__)
#define NT_SELDOM __attribute__((noinline, optnone))
#define NT_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NT_SELDOM __attribute__((noinline, cold))
#define NT_UNROLL _Pragma("GCC unroll 32")
#endif

typedef __INT8_TYPE__ int8_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __INT32_TYPE__ int32_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT64_TYPE__ uint64_t;

#if NT_DOUBLE
#define NT_REAL_BYTES 8
typedef double real;
typedef int64_t nt_mask;
typedef uint64_t nt_bits;
#else
#define NT_REAL_BYTES 4
typedef float real;
typedef int32_t nt_mask;
typedef uint32_t nt_bits;
#endif

/// Numbers in a vector; features in a vector.
#if NT_BYTES / NT_REAL_BYTES > NT_LANES
#define NT_V (NT_BYTES / NT_REAL_BYTES)
#else
#define NT_V NT_LANES
#endif
#define NT_GROUP (NT_V / NT_LANES)

/// Reals; all ones or zero for each real; ints. `vu` and `vw` are for bits and wrapping arithmetic.
typedef real vr __attribute__((vector_size(NT_V * NT_REAL_BYTES)));
typedef nt_mask vm __attribute__((vector_size(NT_V * NT_REAL_BYTES)));
typedef nt_bits vu __attribute__((vector_size(NT_V * NT_REAL_BYTES)));
typedef int64_t vi __attribute__((vector_size(NT_V * 8)));
typedef uint64_t vw __attribute__((vector_size(NT_V * 8)));
typedef int8_t nt_bytes __attribute__((vector_size(NT_V)));

/// Not 0 where a result has no value: the call is run again by the interpreter, which reports it.
#ifdef NT_UNIT
extern _Thread_local int nt_fault_flag __attribute__((visibility("hidden")));
#if NT_UNIT == 0
_Thread_local int nt_fault_flag;
#endif
#else
static _Thread_local int nt_fault_flag __attribute__((unused));
#endif

// Shuffles. The result of NT_ROTATE starts at element `k`; the others take pairs of vectors apart
// by the parity of the element, or put them together. NT_NUMBERS counts the elements.

#if NT_V == 2
#define NT_NUMBERS {0, 1}
#define NT_ROTATE(v, k) __builtin_shufflevector(v, v, (k) % 2, ((k) + 1) % 2)
#define NT_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2)
#define NT_ODD(a, b) __builtin_shufflevector(a, b, 1, 3)
#elif NT_V == 4
#define NT_NUMBERS {0, 1, 2, 3}
#define NT_ROTATE(v, k) \
  __builtin_shufflevector(v, v, (k) % 4, ((k) + 1) % 4, ((k) + 2) % 4, ((k) + 3) % 4)
#define NT_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define NT_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#elif NT_V == 8
#define NT_NUMBERS {0, 1, 2, 3, 4, 5, 6, 7}
#define NT_ROTATE(v, k) \
  __builtin_shufflevector(v, v, (k) % 8, ((k) + 1) % 8, ((k) + 2) % 8, ((k) + 3) % 8, \
                          ((k) + 4) % 8, ((k) + 5) % 8, ((k) + 6) % 8, ((k) + 7) % 8)
#define NT_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define NT_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define NT_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define NT_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#elif NT_V == 16
#define NT_NUMBERS {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
#define NT_ROTATE(v, k) \
  __builtin_shufflevector(v, v, (k) % 16, ((k) + 1) % 16, ((k) + 2) % 16, ((k) + 3) % 16, \
                          ((k) + 4) % 16, ((k) + 5) % 16, ((k) + 6) % 16, ((k) + 7) % 16, \
                          ((k) + 8) % 16, ((k) + 9) % 16, ((k) + 10) % 16, ((k) + 11) % 16, \
                          ((k) + 12) % 16, ((k) + 13) % 16, ((k) + 14) % 16, ((k) + 15) % 16)
#define NT_EVEN(a, b) \
  __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define NT_ODD(a, b) \
  __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define NT_LOW(a, b) \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define NT_HIGH(a, b) \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#endif

// One number everywhere.

NT_INLINE vr nt_splat_r(real x) { return x - (vr){0}; }
NT_INLINE vi nt_splat_i(int64_t x) { return x - (vi){0}; }
NT_INLINE vm nt_splat_b(int x) { return (nt_mask)-(x != 0) - (vm){0}; }

// Selections and conversions.

NT_INLINE vr nt_select_r(vm m, vr a, vr b) { return (vr)((m & (vm)a) | (~m & (vm)b)); }
NT_INLINE vm nt_select_b(vm m, vm a, vm b) { return (m & a) | (~m & b); }
NT_INLINE vi nt_i_of_m(vm m) { return __builtin_convertvector(m, vi); }
NT_INLINE vm nt_m_of_i(vi m) { return __builtin_convertvector(m, vm); }
NT_INLINE vi nt_select_i(vm m, vi a, vi b) {
  vi wide = nt_i_of_m(m);
  return (wide & a) | (~wide & b);
}

/// Set in the first `n` elements, with `n` as large as an int32_t.
NT_INLINE vm nt_below(long n) {
  return (vm)((vm)NT_NUMBERS < (nt_mask)n);
}

/// Whether any element of a mask is set.
NT_INLINE int nt_any(vm m) {
  uint64_t words[sizeof m / 8], any = 0;
  __builtin_memcpy(words, &m, sizeof m);
  NT_UNROLL for (unsigned i = 0; i < sizeof m / 8; i++) any |= words[i];
  return any != 0;
}

NT_INLINE vr nt_r_of_i(vi x) { return __builtin_convertvector(x, vr); }
NT_INLINE vr nt_r_of_b(vm m) { return (vr)(m & (vm)nt_splat_r(1)); }
NT_INLINE vi nt_i_of_b(vm m) { return -nt_i_of_m(m); }
NT_INLINE vm nt_b_of_r(vr x) { return (vm)(x != 0); }
NT_INLINE vm nt_b_of_i(vi x) { return nt_m_of_i((vi)(x != 0)); }

/// Without the fraction; a real without an int is a fault.
NT_INLINE vi nt_i_of_r(vr x) {
  vm fits = (vm)(x >= (real)-0x1p63) & (vm)(x < (real)0x1p63);
  if (nt_any(~fits)) nt_fault_flag = 1;
  return __builtin_convertvector((vr)(fits & (vm)x), vi);
}

/// Bools in memory and out of it.
NT_INLINE vm nt_of_bytes(nt_bytes bytes) {
  return __builtin_convertvector((nt_bytes)(bytes != 0), vm);
}
NT_INLINE nt_bytes nt_to_bytes(vm m) { return -__builtin_convertvector(m, nt_bytes); }

// Memory. A bool is a byte; what is read as true is any byte but 0. The names end in the letter of
// the element: r, i or b.

// Written without loops: there are hundreds in a program, and each would be unrolled again.
#if NT_GROUP == 1
#define NT_REPEATED(T, E, p) \
  T v; \
  __builtin_memcpy(&v, p, sizeof v); \
  return v;
#elif NT_LANES == 1
#define NT_REPEATED(T, E, p) return *p - (T){0};
#else
#define NT_REPEATED(T, E, p) \
  E part __attribute__((vector_size(NT_LANES * sizeof(E)))); \
  __builtin_memcpy(&part, p, sizeof part); \
  return __builtin_shufflevector(part, part, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
#endif

#define NT_MEMORY(T, E, s) \
  NT_INLINE T nt_load_##s(const E *p) { \
    T v; \
    __builtin_memcpy(&v, p, sizeof v); \
    return v; \
  } \
  NT_INLINE void nt_store_##s(E *p, T v) { __builtin_memcpy(p, &v, sizeof v); } \
  /* The NT_LANES elements at `p`, for every feature. */ \
  NT_INLINE T nt_lanes_##s(const E *p) { NT_REPEATED(T, E, p) } \
  NT_INLINE void nt_store_lanes_##s(E *p, T v) { __builtin_memcpy(p, &v, NT_LANES * sizeof *p); }

NT_MEMORY(vr, real, r)
NT_MEMORY(vi, int64_t, i)
NT_MEMORY(nt_bytes, int8_t, bytes)

// `some` is the first `n` elements, and 0 behind them, for 0 < n < NT_V.

#define NT_SOME(T, E, s) \
  NT_INLINE T nt_some_##s(const E *p, long n) { \
    E e[NT_V] = {0}; \
    for (long i = 0; i < n; i++) e[i] = p[i]; \
    return nt_load_##s(e); \
  } \
  NT_INLINE void nt_store_some_##s(E *p, T v, long n) { \
    E e[NT_V]; \
    nt_store_##s(e, v); \
    for (long i = 0; i < n; i++) p[i] = e[i]; \
  }

NT_SOME(vi, int64_t, i)
NT_SOME(nt_bytes, int8_t, bytes)
#if defined(__AVX512F__) && NT_V * NT_REAL_BYTES == 64
#if NT_DOUBLE
#define NT_MASKED(name) __builtin_ia32_##name##upd512_mask
#else
#define NT_MASKED(name) __builtin_ia32_##name##ups512_mask
#endif
NT_INLINE vr nt_some_r(const real *p, long n) { return NT_MASKED(load)(p, (vr){0}, (1u << n) - 1); }
NT_INLINE void nt_store_some_r(real *p, vr v, long n) { NT_MASKED(store)(p, v, (1u << n) - 1); }
#elif defined(__AVX__) && NT_V * NT_REAL_BYTES == 32
#if NT_DOUBLE
#define NT_MASKED(name) __builtin_ia32_mask##name##pd256
typedef long long nt_avx_mask __attribute__((vector_size(32)));
#else
#define NT_MASKED(name) __builtin_ia32_mask##name##ps256
typedef vm nt_avx_mask;
#endif
NT_INLINE vr nt_some_r(const real *p, long n) {
  return NT_MASKED(load)((const vr *)p, (nt_avx_mask)nt_below(n));
}
NT_INLINE void nt_store_some_r(real *p, vr v, long n) {
  NT_MASKED(store)((vr *)p, (nt_avx_mask)nt_below(n), v);
}
#else
NT_SOME(vr, real, r)
#endif

// `first` is the first `n` elements, all of them if `n` is larger, and 0 behind them; `part` is the
// first `n` features.

#define NT_PART(T, E, s) \
  NT_INLINE T nt_first_##s(const E *p, long n) { \
    return n >= NT_V ? nt_load_##s(p) : n > 0 ? nt_some_##s(p, n) : (T){0}; \
  } \
  NT_INLINE void nt_store_first_##s(E *p, T v, long n) { \
    if (n >= NT_V) nt_store_##s(p, v); \
    else if (n > 0) nt_store_some_##s(p, v, n); \
  } \
  NT_INLINE T nt_part_##s(const E *p, long n) { return nt_first_##s(p, n * NT_LANES); } \
  NT_INLINE void nt_store_part_##s(E *p, T v, long n) { nt_store_first_##s(p, v, n * NT_LANES); }

NT_PART(vr, real, r)
NT_PART(vi, int64_t, i)
NT_PART(nt_bytes, int8_t, bytes)

NT_INLINE vm nt_load_b(const uint8_t *p) { return nt_of_bytes(nt_load_bytes((const int8_t *)p)); }
NT_INLINE vm nt_lanes_b(const uint8_t *p) { return nt_of_bytes(nt_lanes_bytes((const int8_t *)p)); }
NT_INLINE vm nt_part_b(const uint8_t *p, long n) {
  return nt_of_bytes(nt_part_bytes((const int8_t *)p, n));
}
NT_INLINE void nt_store_b(uint8_t *p, vm v) { nt_store_bytes((int8_t *)p, nt_to_bytes(v)); }
NT_INLINE void nt_store_lanes_b(uint8_t *p, vm v) {
  nt_store_lanes_bytes((int8_t *)p, nt_to_bytes(v));
}
NT_INLINE void nt_store_part_b(uint8_t *p, vm v, long n) {
  nt_store_part_bytes((int8_t *)p, nt_to_bytes(v), n);
}

// Joins. Of two equal arguments the first; a NaN wins.

NT_INLINE vr nt_minimum_r(vr a, vr b) { return nt_select_r((vm)(a <= b) | (vm)(a != a), a, b); }
NT_INLINE vr nt_maximum_r(vr a, vr b) { return nt_select_r((vm)(a >= b) | (vm)(a != a), a, b); }
NT_INLINE vi nt_minimum_i(vi a, vi b) {
  vi m = (vi)(a <= b);
  return (m & a) | (~m & b);
}
NT_INLINE vi nt_maximum_i(vi a, vi b) {
  vi m = (vi)(a >= b);
  return (m & a) | (~m & b);
}
NT_INLINE vr nt_add_r(vr a, vr b) { return a + b; }
NT_INLINE vi nt_add_i(vi a, vi b) { return (vi)((vw)a + (vw)b); }
NT_INLINE vr nt_multiply_r(vr a, vr b) { return a * b; }
NT_INLINE vi nt_multiply_i(vi a, vi b) { return (vi)((vw)a * (vw)b); }
NT_INLINE vm nt_and_b(vm a, vm b) { return a & b; }
NT_INLINE vm nt_or_b(vm a, vm b) { return a | b; }

// Folds over the first `n` features, by halves; the result is in the first NT_LANES elements.

#define NT_FOLD(name, T, s, neutral, join) \
  NT_INLINE T nt_fold_##name##_##s(T v, long n) { \
    v = nt_select_##s(nt_below(n * NT_LANES), v, nt_splat_##s(neutral)); \
    if (NT_GROUP > 8) v = join(v, NT_ROTATE(v, 8 * NT_LANES)); \
    if (NT_GROUP > 4) v = join(v, NT_ROTATE(v, 4 * NT_LANES)); \
    if (NT_GROUP > 2) v = join(v, NT_ROTATE(v, 2 * NT_LANES)); \
    if (NT_GROUP > 1) v = join(v, NT_ROTATE(v, 1 * NT_LANES)); \
    return v; \
  }

NT_FOLD(add, vr, r, 0, nt_add_r)
NT_FOLD(mul, vr, r, 1, nt_multiply_r)
NT_FOLD(min, vr, r, (real)__builtin_inf(), nt_minimum_r)
NT_FOLD(max, vr, r, -(real)__builtin_inf(), nt_maximum_r)
NT_FOLD(add, vi, i, 0, nt_add_i)
NT_FOLD(mul, vi, i, 1, nt_multiply_i)
NT_FOLD(min, vi, i, __INT64_MAX__, nt_minimum_i)
NT_FOLD(max, vi, i, -__INT64_MAX__ - 1, nt_maximum_i)
NT_FOLD(and, vm, b, 1, nt_and_b)
NT_FOLD(or, vm, b, 0, nt_or_b)

// Folds over the first `live` of the NT_LANES elements at `p`, in order.

#define NT_FOLD_LANES(name, T, s, join) \
  NT_INLINE T nt_##name##_lanes_##s(const T *p, int live) { \
    T a = p[0]; \
    for (int l = 1; l < live; l++) { \
      T b = p[l]; \
      a = (T)(join); \
    } \
    return a; \
  }

NT_FOLD_LANES(sum, real, r, a + b)
NT_FOLD_LANES(mul, real, r, a * b)
NT_FOLD_LANES(min, real, r, a <= b || a != a ? a : b)
NT_FOLD_LANES(max, real, r, a >= b || a != a ? a : b)
NT_FOLD_LANES(sum, int64_t, i, (uint64_t)a + (uint64_t)b)
NT_FOLD_LANES(mul, int64_t, i, (uint64_t)a *(uint64_t)b)
NT_FOLD_LANES(min, int64_t, i, a <= b ? a : b)
NT_FOLD_LANES(max, int64_t, i, a >= b ? a : b)
NT_FOLD_LANES(any, uint8_t, b, a || b)
NT_FOLD_LANES(all, uint8_t, b, a && b)

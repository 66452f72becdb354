// Loads and stores that generated loops need beside those of `vector.h`.
//
// A laned loop reads uniform numbers by spreading each over the lanes; a uniform loop has one
// feature in each element of a vector.

/// Place `i`, which is below `size`, moved by `start` round the end; `nt_start` makes a start of any
/// number.
NT_INLINE long nt_rotated(long i, long start, long size) {
  return i + start < size ? i + start : i + start - size;
}
NT_INLINE long nt_start(long by, long size) { return (by % size + size) % size; }

// Without loops: each would be unrolled again wherever a program reads.
#if NT_LANES == 1
#define NT_STRIDED(E, s, p, stride, n) return nt_pick_##s(p, stride, n);
#define NT_SPREAD(T, s, p, stride, n) return nt_pick_##s(p, stride, n);
#elif NT_GROUP == 1
#define NT_STRIDED(E, s, p, stride, n) return nt_load_##s(p);
#define NT_SPREAD(T, s, p, stride, n) return nt_splat_##s(*(p));
#elif NT_GROUP == 2
#define NT_STRIDED(E, s, p, stride, n) \
  E e[NT_V] = {0}; \
  __builtin_memcpy(e, p, NT_LANES * sizeof(E)); \
  if (n > 1) __builtin_memcpy(e + NT_LANES, p + stride * NT_LANES, NT_LANES * sizeof(E)); \
  return nt_load_##s(e);
#define NT_SPREAD(T, s, p, stride, n) \
  T first = nt_splat_##s(*(p)), second = n > 1 ? nt_splat_##s(p[stride]) : (T){0}; \
  return __builtin_shufflevector( \
    first, second, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
#else
#error "lanes are 8, or 1"
#endif

#define NT_ACCESS(T, E, s) \
  /* `n` numbers, `stride` apart. */ \
  NT_FUNCTION T nt_pick_##s(const E *p, long stride, int n) { \
    E e[NT_V] = {0}; \
    NT_UNROLL for (int f = 0; f < NT_V; f++) \
      if (f < n) e[f] = p[f * stride]; \
    return nt_load_##s(e); \
  } \
  /* The lanes of `n` features, `stride` features apart. */ \
  NT_INLINE T nt_strided_##s(const E *p, __attribute__((unused)) long stride, \
                             __attribute__((unused)) int n) { \
    NT_STRIDED(E, s, p, stride, n) \
  } \
  /* One number for all lanes of each of `n` features, `stride` numbers apart. */ \
  NT_INLINE T nt_spread_##s(const E *p, __attribute__((unused)) long stride, \
                            __attribute__((unused)) int n) { \
    NT_SPREAD(T, s, p, stride, n) \
  } \
  /* As `strided` and `pick` from place `at` of `size` on, and round the end. */ \
  NT_INLINE T nt_around_lanes_##s(const E *p, long stride, long at, long size, int n) { \
    if (at + n <= size) { \
      if (stride == 1 && n == NT_GROUP) return nt_load_##s(p + at * NT_LANES); \
      return nt_strided_##s(p + at * stride * NT_LANES, stride, n); \
    } \
    E e[NT_V] = {0}; \
    for (int f = 0; f < n; f++) { \
      const E *row = p + nt_rotated(at, f, size) * stride * NT_LANES; \
      NT_UNROLL for (int l = 0; l < NT_LANES; l++) e[f * NT_LANES + l] = row[l]; \
    } \
    return nt_load_##s(e); \
  } \
  NT_INLINE T nt_around_##s(const E *p, long stride, long at, long size, int n) { \
    if (at + n <= size) { \
      if (stride == 1 && n == NT_V) return nt_load_##s(p + at); \
      return nt_pick_##s(p + at * stride, stride, n); \
    } \
    E e[NT_V] = {0}; \
    for (int f = 0; f < n; f++) e[f] = p[nt_rotated(at, f, size) * stride]; \
    return nt_load_##s(e); \
  } \
  /* `n` features of `lanes` elements each, put `stride` features apart. */ \
  NT_FUNCTION void nt_place_##s(E *p, long stride, T v, int n, int lanes) { \
    E e[NT_V]; \
    nt_store_##s(e, v); \
    for (int f = 0; f < n; f++) \
      for (int l = 0; l < lanes; l++) p[f * stride * lanes + l] = e[f * lanes + l]; \
  } \
  NT_INLINE void nt_fill_##s(E *p, long n, E x) { \
    for (long i = 0; i < n; i++) p[i] = x; \
  }

NT_ACCESS(vr, real, r)
NT_ACCESS(vi, int64_t, i)
NT_ACCESS(vm, uint8_t, b)

NT_INLINE vm nt_first_b(const uint8_t *p, long n) {
  return nt_of_bytes(nt_first_bytes((const int8_t *)p, n));
}
NT_INLINE void nt_store_first_b(uint8_t *p, vm v, long n) {
  nt_store_first_bytes((int8_t *)p, nt_to_bytes(v), n);
}

/// The first `n` elements of a vector, `x` behind them.
NT_INLINE vr nt_keep_r(vr v, int n, real x) { return nt_select_r(nt_below(n), v, nt_splat_r(x)); }
NT_INLINE vi nt_keep_i(vi v, int n, int64_t x) {
  return nt_select_i(nt_below(n), v, nt_splat_i(x));
}
NT_INLINE vm nt_keep_b(vm v, int n, int x) { return nt_select_b(nt_below(n), v, nt_splat_b(x)); }

// Folds over every element, by halves; the result is in the first.

#define NT_TOTAL(name, T, s, join) \
  NT_INLINE T nt_total_##name##_##s(T v) { \
    if (NT_V > 8) v = join(v, NT_ROTATE(v, 8)); \
    if (NT_V > 4) v = join(v, NT_ROTATE(v, 4)); \
    if (NT_V > 2) v = join(v, NT_ROTATE(v, 2)); \
    if (NT_V > 1) v = join(v, NT_ROTATE(v, 1)); \
    return v; \
  }

NT_TOTAL(add, vr, r, nt_add_r)
NT_TOTAL(mul, vr, r, nt_multiply_r)
NT_TOTAL(min, vr, r, nt_minimum_r)
NT_TOTAL(max, vr, r, nt_maximum_r)
NT_TOTAL(add, vi, i, nt_add_i)
NT_TOTAL(mul, vi, i, nt_multiply_i)
NT_TOTAL(min, vi, i, nt_minimum_i)
NT_TOTAL(max, vi, i, nt_maximum_i)
NT_TOTAL(and, vm, b, nt_and_b)
NT_TOTAL(or, vm, b, nt_or_b)

// Joins of what chunks have made: `n` numbers each, `stride` apart, in order.

#define NT_JOIN_CHUNKS(name, T, E, s, join) \
  NT_FUNCTION void nt_##name##_chunks_##s(E *out, const E *p, long n, long stride, long chunks) { \
    for (long i = 0; i < n; i += NT_V) { \
      T v = nt_first_##s(p + i, n - i); \
      for (long k = 1; k < chunks; k++) v = join(v, nt_first_##s(p + k * stride + i, n - i)); \
      nt_store_first_##s(out + i, v, n - i); \
    } \
  }

NT_JOIN_CHUNKS(add, vr, real, r, nt_add_r)
NT_JOIN_CHUNKS(mul, vr, real, r, nt_multiply_r)
NT_JOIN_CHUNKS(min, vr, real, r, nt_minimum_r)
NT_JOIN_CHUNKS(max, vr, real, r, nt_maximum_r)
NT_JOIN_CHUNKS(add, vi, int64_t, i, nt_add_i)
NT_JOIN_CHUNKS(mul, vi, int64_t, i, nt_multiply_i)
NT_JOIN_CHUNKS(min, vi, int64_t, i, nt_minimum_i)
NT_JOIN_CHUNKS(max, vi, int64_t, i, nt_maximum_i)
NT_JOIN_CHUNKS(or, vm, uint8_t, b, nt_or_b)
NT_JOIN_CHUNKS(and, vm, uint8_t, b, nt_and_b)

// Joins of two numbers, for sums over lanes.

NT_INLINE real nt_one_add_r(real a, real b) { return a + b; }
NT_INLINE real nt_one_mul_r(real a, real b) { return a * b; }
NT_INLINE real nt_one_min_r(real a, real b) { return a <= b || a != a ? a : b; }
NT_INLINE real nt_one_max_r(real a, real b) { return a >= b || a != a ? a : b; }
NT_INLINE int64_t nt_one_add_i(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
NT_INLINE int64_t nt_one_mul_i(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
NT_INLINE int64_t nt_one_min_i(int64_t a, int64_t b) { return a <= b ? a : b; }
NT_INLINE int64_t nt_one_max_i(int64_t a, int64_t b) { return a >= b ? a : b; }
NT_INLINE uint8_t nt_one_or_b(uint8_t a, uint8_t b) { return a || b; }
NT_INLINE uint8_t nt_one_and_b(uint8_t a, uint8_t b) { return a && b; }

/// One call of a generated function.
typedef struct {
  const int64_t *sizes;
  const int64_t *offset;
  const void *const *in;
  void *const *out;
  char *shared;
  char *local;
  int64_t local_size;
  const volatile int32_t *stop;
  void (*parallel)(void (*)(void *, int, int), void *, int, int);
  int32_t threads;
  int32_t fault;
  /* Runs a row of the program on the host; 0 if it has results. In `at` are the block that calls, or
     -1, its live examples and its lanes; then the number of loops around the row, and of each its
     index, its own number and how many steps it has made. Row -1 says that the blocks are done. */
  int32_t (*host)(void *context, int32_t row, const int64_t *at, const void *const *from,
                  void *const *to);
  void *context;
} nt_call;

/* Chunks share the record: whether the call has failed is set and read by all of them. */
NT_INLINE void nt_fail(nt_call *c) { __atomic_store_n(&c->fault, 1, __ATOMIC_RELAXED); }
NT_INLINE int nt_failed(nt_call *c) { return __atomic_load_n(&c->fault, __ATOMIC_RELAXED); }

/// Rounded up to whole cache lines.
#define nt_aligned(bytes) (((int64_t)(bytes) + 63) & ~(int64_t)63)

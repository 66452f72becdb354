// Numbers along an axis: the largest and where they came from, all of them in order, and recurrences.
//
// Numbers are compared a few vectors at a time with the smallest of those kept so far; one that
// beats it is put in its place among them. That is rare once the first have been seen, so the work
// is one pass over the numbers. Where all are put in order, few are counted and many go on a heap.
//
// Promise: of equal numbers the one with the lower place comes first, NaN last.

/// As many as are ever kept.
#define NT_KEPT 32

NT_INLINE int nt_beats_r(real a, real b) { return a > b || (b != b && a == a); }
NT_INLINE int nt_beats_i(int64_t a, int64_t b) { return a > b; }
NT_INLINE vm nt_beating_r(vr a, vr b) { return (vm)(a > b) | ((vm)(b != b) & (vm)(a == a)); }
NT_INLINE vm nt_beating_i(vi a, vi b) { return nt_m_of_i((vi)(a > b)); }

#define NT_ORDER(T, E, s) \
  /* Puts a number from behind all that are kept at position `k`, or before it. */ \
  NT_INLINE void nt_insert_##s(E *kept, int64_t *from, int k, E x, int64_t place) { \
    for (; k > 0 && nt_beats_##s(x, kept[k - 1]); k--) { \
      kept[k] = kept[k - 1]; \
      from[k] = from[k - 1]; \
    } \
    kept[k] = x; \
    from[k] = place; \
  } \
  /* The `count` largest of `n` features of `lanes` elements, `stride` features apart, for each \
     lane; the results lie `apart` features apart. 0 < count <= n, count <= NT_KEPT. */ \
  NT_FUNCTION void nt_largest_##s(const E *p, long n, long stride, int lanes, int count, \
                                  E *values, int64_t *places, long apart) { \
    E kept[NT_LANES * NT_KEPT]; \
    int64_t from[NT_LANES * NT_KEPT]; \
    E least[NT_LANES]; \
    for (long i = 0; i < count; i++) \
      for (int l = 0; l < lanes; l++) \
        nt_insert_##s(kept + l * NT_KEPT, from + l * NT_KEPT, (int)i, p[i * stride * lanes + l], i); \
    for (int l = 0; l < lanes; l++) least[l] = kept[l * NT_KEPT + count - 1]; \
    long i = count; \
    while (i < n) { \
      long end = i + 4 * NT_V / lanes; \
      if (stride == 1 && end <= n) { \
        const E *q = p + i * lanes; \
        T limit = lanes == 1 ? nt_splat_##s(least[0]) : nt_lanes_##s(least); \
        vm beats = {0}; \
        NT_UNROLL for (int v = 0; v < 4; v++) \
          beats |= nt_beating_##s(nt_load_##s(q + v * NT_V), limit); \
        if (!nt_any(beats)) { \
          i = end; \
          continue; \
        } \
      } else { \
        end = n < end ? n : end; \
      } \
      for (; i < end; i++) \
        for (int l = 0; l < lanes; l++) { \
          E x = p[i * stride * lanes + l]; \
          if (!nt_beats_##s(x, least[l])) continue; \
          nt_insert_##s(kept + l * NT_KEPT, from + l * NT_KEPT, count - 1, x, i); \
          least[l] = kept[l * NT_KEPT + count - 1]; \
        } \
    } \
    for (int k = 0; k < count; k++) \
      for (int l = 0; l < lanes; l++) { \
        values[k * apart * lanes + l] = kept[l * NT_KEPT + k]; \
        places[k * apart * lanes + l] = from[l * NT_KEPT + k]; \
      } \
  }

NT_ORDER(vr, real, r)
NT_ORDER(vi, int64_t, i)

NT_INLINE int nt_is_nan_r(real x) { return x != x; }
NT_INLINE int nt_is_nan_i(int64_t x) { return 0; }

#define NT_SORT(E, s) \
  NT_INLINE int nt_before_##s(const E *p, int64_t a, int64_t b, int falls) { \
    E x = p[a], y = p[b]; \
    if (nt_is_nan_##s(x) || nt_is_nan_##s(y)) \
      return nt_is_nan_##s(x) == nt_is_nan_##s(y) ? a < b : nt_is_nan_##s(y); \
    return x == y ? a < b : falls ? x > y : x < y; \
  } \
  /* Moves the entry at `k` down a heap of `n` places that lie `apart`: the last in order on top. */ \
  NT_INLINE void nt_sift_##s(const E *p, int64_t *heap, long k, long n, long apart, int falls) { \
    int64_t moved = heap[k * apart]; \
    for (long child; (child = 2 * k + 1) < n; k = child) { \
      if (child + 1 < n && \
          nt_before_##s(p, heap[child * apart], heap[(child + 1) * apart], falls)) \
        child++; \
      if (!nt_before_##s(p, moved, heap[child * apart], falls)) break; \
      heap[k * apart] = heap[child * apart]; \
    } \
    heap[k * apart] = moved; \
  } \
  /* As `nt_sort` below, for any `n`. Places serve as offsets into `p` meanwhile. */ \
  NT_FUNCTION void nt_heap_sort_##s(const E *p, long n, long stride, int lanes, int falls, \
                                    E *values, int64_t *places, long apart) { \
    long step = stride * lanes, out = apart * lanes; \
    for (int l = 0; l < lanes; l++) { \
      const E *from = p + l; \
      int64_t *heap = places + l; \
      for (long i = 0; i < n; i++) heap[i * out] = i * step; \
      for (long k = n / 2 - 1; k >= 0; k--) nt_sift_##s(from, heap, k, n, out, falls); \
      for (long last = n - 1; last > 0; last--) { \
        int64_t top = heap[0]; \
        heap[0] = heap[last * out]; \
        heap[last * out] = top; \
        nt_sift_##s(from, heap, 0, last, out, falls); \
      } \
      for (long i = 0; i < n; i++) { \
        values[i * out + l] = from[heap[i * out]]; \
        if (step > 0) heap[i * out] /= step; \
      } \
    } \
  }

NT_SORT(real, r)
NT_SORT(int64_t, i)

/// Up to here it is quicker to count how many come before each number.
#define NT_COUNTED 1024

#define NT_LARGEST_MASK ((nt_mask)(~(nt_bits)0 >> 1))

/// Ints in the order of the numbers: zeros are equal, NaN comes last.
NT_INLINE vm nt_order_keys(vr x, int falls) {
  vm bits = (vm)(x + 0);
  vm key = bits ^ ((bits >> (NT_REAL_BYTES * 8 - 1)) & NT_LARGEST_MASK);
  return nt_select_b((vm)(x == x), falls ? ~key : key, NT_LARGEST_MASK - (vm){0});
}

/// `n` features of `lanes` elements, `stride` features apart, in order for each lane; the results lie
/// `apart` features apart.
NT_FUNCTION void nt_sort_r(const real *p, long n, long stride, int lanes, int falls, real *values,
                           int64_t *places, long apart) {
  if (n > NT_COUNTED) {
    nt_heap_sort_r(p, n, stride, lanes, falls, values, places, apart);
    return;
  }
  real numbers[NT_COUNTED + NT_V];
  nt_mask keys[NT_COUNTED + NT_V];
  for (int l = 0; l < lanes; l++) {
    for (long i = 0; i < n; i++) numbers[i] = p[i * stride * lanes + l];
    for (long i = 0; i < n; i += NT_V) {
      vm some = nt_order_keys(nt_first_r(numbers + i, n - i), falls);
      __builtin_memcpy(keys + i, &some, sizeof some);
    }
    for (long i = 0; i < n; i += NT_V) {
      vm own, before = {0};
      nt_mask rank[NT_V];
      __builtin_memcpy(&own, keys + i, sizeof own);
      long k = 0, end = i + NT_V < n ? i + NT_V : n;
      for (; k < i; k++) before -= (vm)(keys[k] <= own);
      for (; k < end; k++)
        before -= (vm)(keys[k] < own) | ((vm)(keys[k] == own) & ~nt_below(k - i + 1));
      for (; k < n; k++) before -= (vm)(keys[k] < own);
      __builtin_memcpy(rank, &before, sizeof before);
      for (k = i; k < end; k++) {
        long to = rank[k - i] * apart * lanes + l;
        values[to] = numbers[k];
        places[to] = k;
      }
    }
  }
}

NT_FUNCTION void nt_sort_i(const int64_t *p, long n, long stride, int lanes, int falls,
                           int64_t *values, int64_t *places, long apart) {
  nt_heap_sort_i(p, n, stride, lanes, falls, values, places, apart);
}

// Kept in double precision and rounded once a step, as the interpreter does.
#define NT_RECURRENCE(E, S, s, JOIN) \
  /* Along `n` features, each `…_apart` features from the next: `to` is its term and its factor times \
     the entry before, for each lane. */ \
  NT_FUNCTION void nt_recurrence_##s(const E *factors, long factors_apart, const E *terms, \
                                     long terms_apart, E *to, long to_apart, int lanes, long n) { \
    S last[NT_LANES] = {0}; \
    for (long i = 0; i < n; i++) \
      for (int l = 0; l < lanes; l++) { \
        S term = (S)terms[i * terms_apart * lanes + l]; \
        S factor = (S)factors[i * factors_apart * lanes + l]; \
        last[l] = i == 0 ? term : JOIN(factor, last[l], term); \
        to[i * to_apart * lanes + l] = (E)last[l]; \
      } \
  }

#define NT_JOIN_I(a, b, c) ((a) * (b) + (c))
NT_RECURRENCE(real, double, r, __builtin_fma)
NT_RECURRENCE(int64_t, uint64_t, i, NT_JOIN_I)

// The largest of many numbers, and where they came from.
//
// Numbers are compared a few vectors at a time with the smallest of those kept so far; one that
// beats it is put in its place among them. That is rare once the first have been seen, so the work
// is one pass over the numbers.
//
// Promise: the larger comes first, of equal numbers the one with the lower place, NaN last.

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

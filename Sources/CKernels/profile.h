// Counters of profiled code: ticks spent in each part, over all threads.

int64_t nt_ticks[NT_COUNTERS];
const int32_t nt_counters = NT_COUNTERS;

static inline int64_t nt_clock(void) {
#if defined(__x86_64__)
  return (int64_t)__builtin_ia32_rdtsc();
#else
  int64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#endif
}

int64_t nt_now(void) { return nt_clock(); }

static inline void nt_count(int part, int64_t start) {
  __atomic_fetch_add(&nt_ticks[part], nt_clock() - start, __ATOMIC_RELAXED);
}

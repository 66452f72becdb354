// What the host's processor can do.

#include "CPool.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>

int nt_processor_vector_bytes(void) {
  __builtin_cpu_init();
  // These ask the operating system as well: it must save the wide registers.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return 64;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 32 : 16;
}

void nt_processor_words(uint64_t words[NT_PROCESSOR_WORDS]) {
  memset(words, 0, NT_PROCESSOR_WORDS * sizeof *words);
  unsigned a, b, c, d;
  // Family, model and features. Register b of leaf 1 names the core we happen to run on: left out.
  if (__get_cpuid(1, &a, &b, &c, &d)) {
    words[0] = a;
    words[1] = (uint64_t)c << 32 | d;
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    words[2] = (uint64_t)b << 32 | c;
    words[3] = d;
  }
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) {
    words[4] = (uint64_t)a << 32 | d;
    words[5] = b;
  }
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) words[6] = (uint64_t)c << 32 | d;
  words[7] = (uint64_t)nt_processor_vector_bytes();
}

#else

#include <sys/auxv.h>

int nt_processor_vector_bytes(void) { return 16; }

void nt_processor_words(uint64_t words[NT_PROCESSOR_WORDS]) {
  memset(words, 0, NT_PROCESSOR_WORDS * sizeof *words);
  words[0] = getauxval(AT_HWCAP);
  words[1] = getauxval(AT_HWCAP2);
}

#endif

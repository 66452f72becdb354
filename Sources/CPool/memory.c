// What becomes of freed memory.

#include "CPool.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

void nt_keep_freed_memory(void) {
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_MMAP_THRESHOLD, 256 << 20);
}
#else
void nt_keep_freed_memory(void) {}
#endif

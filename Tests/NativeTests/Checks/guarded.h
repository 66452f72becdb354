// Memory that ends where no memory follows, so that an access behind an array stops the program.

#include <stdlib.h>
#include <sys/mman.h>

/// The last `bytes` of one of eight places; the next call for the same place takes them back.
static void *guarded(int place, long bytes) {
  enum { SIZE = 4 << 20, GUARD = 1 << 16, ACCESS = PROT_READ | PROT_WRITE };
  static char *start[8];
  if (!start[place]) {
    start[place] = mmap(0, SIZE + GUARD, ACCESS, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start[place] == MAP_FAILED || mprotect(start[place] + SIZE, GUARD, PROT_NONE)) abort();
  }
  if (bytes > SIZE) abort();
  return start[place] + SIZE - (bytes > 0 ? bytes : 0);
}

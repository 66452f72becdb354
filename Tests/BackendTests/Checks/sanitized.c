// Runs compiled graphs on recorded inputs, for sanitizers to watch: every tensor lies in memory of
// just its size, and the room between the buffers of an arena is poisoned.
//
// The host is a stand-in that reads every operand and gives zeros. What comes out is not compared.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CPool.h"

/* As `access.h` declares it, which is part of every program and no header of its own. */
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
  int32_t (*host)(void *context, int32_t row, const int64_t *at, const void *const *from,
                  void *const *to);
  void *context;
} nt_call;

typedef struct {
  int64_t number;
  int64_t (*layout)(const int64_t *, int64_t *, int64_t *);
  void (*run)(nt_call *);
  const int32_t *slots;
} graph;

/* GRAPHS(X) names the number of every graph. */
#include "graphs.h"
#define DECLARE(n) \
  int64_t nt_layout_##n(const int64_t *, int64_t *, int64_t *); \
  void nt_run_##n(nt_call *); \
  extern const int32_t nt_slots_##n;
GRAPHS(DECLARE)
#define ENTRY(n) {n, nt_layout_##n, nt_run_##n, &nt_slots_##n},
static const graph graphs[] = {GRAPHS(ENTRY)};

enum { THREADS = 2, MOST = 4096 };

// MARK: Input

static FILE *input;

static void read_bytes(void *to, size_t count) {
  if (count > 0 && fread(to, 1, count, input) != count) {
    fprintf(stderr, "the input ends early\n");
    exit(2);
  }
}

static int64_t number(void) {
  int64_t value;
  read_bytes(&value, sizeof value);
  return value;
}

static void *own(int64_t bytes) {
  void *memory = malloc((size_t)bytes);
  if (!memory && bytes > 0) exit(2);
  return memory;
}

// MARK: The arenas

/* Of the library of the address sanitizer; absent with other sanitizers. */
void __asan_poison_memory_region(void const volatile *, size_t) __attribute__((weak));
void __asan_unpoison_memory_region(void const volatile *, size_t) __attribute__((weak));

static struct zone {
  int is_local;
  int64_t start, bytes, copies;
} zones[MOST];
static int zone_count;

/* The layouts call this for each buffer; `nt_aligned` leaves room behind each copy. */
void nt_zone(int is_local, int64_t start, int64_t bytes, int64_t copies) {
  if (zone_count == MOST) exit(2);
  zones[zone_count++] = (struct zone){is_local, start, bytes, copies};
}

static void poison(int is_local, char *arena) {
  if (!__asan_poison_memory_region) return;
  for (int k = 0; k < zone_count; k++) {
    const struct zone z = zones[k];
    if (z.is_local != is_local) continue;
    const int64_t stride = ((z.bytes + 63) / 64 + 1) * 64;
    for (int64_t copy = 0; copy < z.copies; copy++) {
      char *start = arena + z.start + copy * stride;
      __asan_poison_memory_region(start + z.bytes, (size_t)(stride - z.bytes));
    }
  }
}

static void unpoison(char *arena, int64_t bytes) {
  if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(arena, (size_t)bytes);
}

static char *arena(int64_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, (size_t)(bytes > 0 ? bytes : 64))) exit(2);
  return memory;
}

// MARK: The host

typedef struct {
  int64_t operands, results;
  /* Of each tensor; and of a laned operand, how many examples share these bytes. */
  int64_t bytes[64], examples[64], result_bytes[64];
} row;

static int32_t host(void *context, int32_t index, const int64_t *at, const void *const *from,
                    void *const *to) {
  if (index < 0) return 0;
  const row *r = (const row *)context + index;
  volatile unsigned char sink = 0;
  for (int64_t k = 0; k < r->operands; k++) {
    int64_t bytes = r->bytes[k];
    if (at[0] >= 0 && r->examples[k] > 0) bytes = bytes / r->examples[k] * at[2];
    for (int64_t i = 0; i < bytes; i++) sink ^= ((const unsigned char *)from[k])[i];
  }
  for (int64_t level = 0; level < at[3]; level++) sink ^= (unsigned char)at[4 + 3 * level];
  for (int64_t k = 0; k < r->results; k++) memset(to[k], 0, (size_t)r->result_bytes[k]);
  return 0;
}

// MARK: One call

static void run(int64_t which) {
  const graph *g = NULL;
  for (size_t k = 0; k < sizeof graphs / sizeof *graphs; k++)
    if (graphs[k].number == which) g = &graphs[k];
  if (!g) exit(2);
  const int64_t size_count = number();
  int64_t *sizes = own(size_count * 8);
  for (int64_t k = 0; k < size_count; k++) sizes[k] = number();
  const int64_t inputs = number();
  void **in = own(inputs * (int64_t)sizeof *in);
  for (int64_t k = 0; k < inputs; k++) {
    const int64_t bytes = number();
    in[k] = own(bytes);
    read_bytes(in[k], (size_t)bytes);
  }
  const int64_t outputs = number();
  void **out = own(outputs * (int64_t)sizeof *out);
  for (int64_t k = 0; k < outputs; k++) out[k] = own(number());
  const int64_t row_count = number();
  row *rows = own(row_count * (int64_t)sizeof *rows);
  for (int64_t k = 0; k < row_count; k++) {
    row *r = &rows[k];
    r->operands = number();
    if (r->operands > 64) exit(2);
    for (int64_t i = 0; i < r->operands; i++) {
      r->bytes[i] = number();
      r->examples[i] = number();
    }
    r->results = number();
    if (r->results > 64) exit(2);
    for (int64_t i = 0; i < r->results; i++) r->result_bytes[i] = number();
  }

  int64_t *offset = own(*g->slots * 8), local_size = 0;
  zone_count = 0;
  const int64_t shared_size = g->layout(sizes, offset, &local_size);
  char *shared = arena(shared_size), *local = arena(local_size * THREADS);
  poison(0, shared);
  for (int worker = 0; worker < THREADS; worker++) poison(1, local + worker * local_size);
  const int32_t stop = 0;
  nt_call call = {
      .sizes = sizes, .offset = offset, .in = (const void *const *)in, .out = out,
      .shared = shared, .local = local, .local_size = local_size, .stop = &stop,
      .parallel = nt_pool_run, .threads = THREADS, .host = host, .context = rows};
  g->run(&call);

  unpoison(shared, shared_size);
  unpoison(local, local_size * THREADS);
  for (int64_t k = 0; k < inputs; k++) free(in[k]);
  for (int64_t k = 0; k < outputs; k++) free(out[k]);
  free(in), free(out), free(rows), free(sizes), free(offset), free(shared), free(local);
}

int main(int count, char **words) {
  if (count != 2 || !(input = fopen(words[1], "rb"))) return 2;
  int64_t calls = 0;
  for (int64_t which; (which = number()) >= 0; calls++) run(which);
  fclose(input);
  printf("%lld calls\n", (long long)calls);
  return 0;
}

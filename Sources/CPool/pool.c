// A pool of worker threads for regions of tens of microseconds.
//
// One word holds the state of the region under way: its number, how many threads it wants, whether
// it is open, and how many workers are inside. A worker enters by adding one to an open word; the
// caller publishes a region by one store and, once no index is left, closes it and waits for the
// workers inside. A worker that wakes up late finds the region closed and costs nobody anything.
//
// A worker that finds nothing to do spins for a moment, because the next region of a training step
// comes within microseconds, and then sleeps on a condition. No thread changes its priority or the
// floating-point environment.

#define _GNU_SOURCE

#include "CPool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// state = number (32 bits) | threads (15) | open (1) | workers inside (16)
#define INSIDE_MASK UINT64_C(0xffff)
#define OPEN (UINT64_C(1) << 16)
#define THREADS_SHIFT 17
#define NUMBER_SHIFT 32
#define MOST_THREADS 1024

static struct {
  // Each on cache lines of its own: workers watch `state` while others claim from `next`.
  _Alignas(128) atomic_uint_fast64_t state;
  _Alignas(128) atomic_long next;
  _Alignas(128) atomic_int sleeping_workers;
  atomic_bool caller_sleeps;
  // Set while a caller owns the pool; guards everything below except the mutex.
  _Alignas(128) atomic_bool is_owned;
  nt_task task;
  void *context;
  long count;
  uint32_t number;
  int workers;  // that were started
  atomic_long spin_nanoseconds;
} pool;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t published = PTHREAD_COND_INITIALIZER;
static pthread_cond_t emptied = PTHREAD_COND_INITIALIZER;

static long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static inline uint32_t number_of(uint64_t state) { return (uint32_t)(state >> NUMBER_SHIFT); }

/// Whether worker `me`, who last entered region `last`, may enter.
static inline bool is_for(uint64_t state, int me, uint32_t last) {
  return (state & OPEN) && number_of(state) != last &&
         me < (int)(state >> THREADS_SHIFT & 0x7fff);
}

static inline bool is_empty(uint64_t state) { return (state & INSIDE_MASK) == 0; }

/// Spins for a while until `state` is one that `me` waits for; `me` is 0 for the caller, who waits
/// for the region to empty.
static bool spin(int me, uint32_t last) {
  long end = 0;
  for (;;) {
    for (int i = 0; i < 64; i++) {
      uint64_t state = atomic_load_explicit(&pool.state, memory_order_acquire);
      if (me == 0 ? is_empty(state) : is_for(state, me, last)) return true;
      pause_briefly();
    }
    long now = nanoseconds();
    if (end == 0) end = now + atomic_load_explicit(&pool.spin_nanoseconds, memory_order_relaxed);
    if (now >= end) return false;
  }
}

static void work(int me) {
  long index;
  while ((index = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed)) < pool.count)
    pool.task(pool.context, (int)index, me);
}

static void wait_for_region(int me, uint32_t last) {
  if (spin(me, last)) return;
  pthread_mutex_lock(&lock);
  // Sequentially consistent, as the store in `publish`: one of the two sees the other.
  atomic_fetch_add(&pool.sleeping_workers, 1);
  while (!is_for(atomic_load(&pool.state), me, last)) pthread_cond_wait(&published, &lock);
  atomic_fetch_sub(&pool.sleeping_workers, 1);
  pthread_mutex_unlock(&lock);
}

static void leave(void) {
  uint64_t after = atomic_fetch_sub(&pool.state, 1) - 1;
  if (!is_empty(after) || !atomic_load(&pool.caller_sleeps)) return;
  pthread_mutex_lock(&lock);
  pthread_cond_signal(&emptied);
  pthread_mutex_unlock(&lock);
}

static void *worker_main(void *argument) {
  int me = (int)(intptr_t)argument;
  uint32_t last = 0;
  for (;;) {
    wait_for_region(me, last);
    uint64_t state = atomic_load(&pool.state);
    while (is_for(state, me, last)) {
      if (!atomic_compare_exchange_weak(&pool.state, &state, state + 1)) continue;
      last = number_of(state);
      work(me);
      leave();
      break;
    }
  }
  return NULL;
}

static void publish(int threads) {
  if (++pool.number == 0) pool.number = 1;  // 0 is what a new worker has seen
  uint64_t state = (uint64_t)pool.number << NUMBER_SHIFT | (uint64_t)threads << THREADS_SHIFT | OPEN;
  atomic_store(&pool.state, state);
  if (atomic_load(&pool.sleeping_workers) == 0) return;
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&published);
  pthread_mutex_unlock(&lock);
}

/// Closes the region and waits until nobody is inside.
static void finish(void) {
  uint64_t state = atomic_fetch_and(&pool.state, ~OPEN);
  if (is_empty(state) || spin(0, 0)) return;
  pthread_mutex_lock(&lock);
  atomic_store(&pool.caller_sleeps, true);
  while (!is_empty(atomic_load(&pool.state))) pthread_cond_wait(&emptied, &lock);
  atomic_store(&pool.caller_sleeps, false);
  pthread_mutex_unlock(&lock);
}

static int processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  // More processors than the set has bits.
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : online > MOST_THREADS ? MOST_THREADS : (int)online;
}

/// Only the thread that called `fork` lives on in the child: the pool starts anew there.
static void forget_workers(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&published, NULL);
  pthread_cond_init(&emptied, NULL);
  atomic_store(&pool.state, 0);
  atomic_store(&pool.sleeping_workers, 0);
  atomic_store(&pool.caller_sleeps, false);
  atomic_store(&pool.is_owned, false);
  pool.workers = 0;
}

static void start_workers(int threads) {
  static bool watches_forks = false;
  if (!watches_forks) {
    pthread_atfork(NULL, NULL, forget_workers);
    watches_forks = true;
  }
  // Signals belong to the threads of the program.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool.workers < threads - 1) {
    pthread_t thread;
    intptr_t number = pool.workers + 1;
    // Without another thread the work takes longer and is done all the same.
    if (pthread_create(&thread, NULL, worker_main, (void *)number) != 0) break;
    pthread_detach(thread);
    pool.workers++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  // Where threads share processors, who spins takes the time of who works.
  bool is_crowded = pool.workers + 1 > processors();
  atomic_store(&pool.spin_nanoseconds, is_crowded ? 2000 : 200000);
}

static void run_alone(nt_task task, void *context, int count) {
  for (int index = 0; index < count; index++) task(context, index, 0);
}

void nt_pool_run(nt_task task, void *context, int count, int threads) {
  if (threads > count) threads = count;
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  if (threads <= 1 || atomic_exchange_explicit(&pool.is_owned, true, memory_order_acquire)) {
    run_alone(task, context, count);
    return;
  }
  if (pool.workers < threads - 1) start_workers(threads);
  pool.task = task;
  pool.context = context;
  pool.count = count;
  atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
  publish(threads);
  work(0);
  finish();
  atomic_store_explicit(&pool.is_owned, false, memory_order_release);
}

int nt_pool_threads(int requested) {
  int most = processors();
  if (requested <= 0) {
    const char *text = getenv("NTM_THREADS");
    requested = text ? atoi(text) : 0;
  }
  if (requested <= 0 || requested > most) requested = most;
  return requested > MOST_THREADS ? MOST_THREADS : requested;
}

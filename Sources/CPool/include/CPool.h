// Worker threads for compiled code, what becomes of freed memory, what the host's processor can do,
// and which build of the program this is.
//
// C and not Swift: compiled kernels call `nt_pool_run` by pointer, and a region of work must cost
// less than a microsecond.

#include <stdint.h>

/// One piece of work. `index` is its number; `worker` is below the `threads` of the call and belongs
/// to one thread at a time, so it may choose scratch memory.
typedef void (*nt_task)(void *_Nullable context, int index, int worker);

/// Runs indexes 0..<count, each once, on up to `threads` threads, and returns when all are done.
///
/// The caller is worker 0. Which worker gets which index is left to chance: results must not depend
/// on it. A call from inside a task, or while another thread's call runs, does its work on the
/// calling thread alone. Threads are started when first asked for and kept.
void nt_pool_run(nt_task _Nonnull task, void *_Nullable context, int count, int threads);

/// How many threads to use: `requested` if positive, else `NTM_THREADS`, and never more than the
/// processors that this process may run on, nor fewer than 1.
int nt_pool_threads(int requested);

/// What is freed stays with the process, up to 256 MiB of it. A training step frees what the next one
/// needs, and giving it back to the system each time costs a page fault for every 4 KiB.
void nt_keep_freed_memory(void);

/// The widest vector register of the processor that the system lets programs use: 64, 32 or 16.
int nt_processor_vector_bytes(void);

/// What tells this build of the program from every other: the identity that the linker gave to the
/// file that holds this function. Returns how many bytes it has, 0 where there is none.
#define NT_BUILD_BYTES 32
int nt_build_identity(uint8_t bytes[_Nonnull NT_BUILD_BYTES]);

/// Two processors with the same words compile `-march=native` to the same code.
#define NT_PROCESSOR_WORDS 8
void nt_processor_words(uint64_t words[_Nonnull NT_PROCESSOR_WORDS]);

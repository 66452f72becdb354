// The library modules inside the binary.
#include <stddef.h>

/// One module: the name behind `ntm.` and the text of its file, which is not zero-terminated.
struct ntm_module {
  const char *_Nonnull name;
  const unsigned char *_Nonnull text;
  size_t count;
};

size_t ntm_module_count(void);
/// The module at a position below the count, in the order of the table.
struct ntm_module ntm_module_at(size_t position);

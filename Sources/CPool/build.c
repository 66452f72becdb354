// Which build of the program this is.

#define _GNU_SOURCE
#include "CPool.h"

#include <string.h>

#if defined(__linux__)

#include <link.h>

static size_t aligned(size_t size, size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

/// Copies the identity out of a segment of notes.
static int copy_identity(const char *notes, size_t size, size_t alignment, uint8_t *bytes) {
  size_t offset = 0;
  while (offset + sizeof(ElfW(Nhdr)) <= size) {
    const ElfW(Nhdr) *const note = (const void *)(notes + offset);
    const size_t name = offset + sizeof *note;
    const size_t content = aligned(name + note->n_namesz, alignment);
    if (content + note->n_descsz > size) return 0;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && !memcmp(notes + name, "GNU", 4)) {
      if (note->n_descsz > NT_BUILD_BYTES) return 0;
      memcpy(bytes, notes + content, note->n_descsz);
      return (int)note->n_descsz;
    }
    offset = aligned(content + note->n_descsz, alignment);
  }
  return 0;
}

struct search {
  uint8_t *bytes;
  int count;
};

static int look(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  struct search *const search = context;
  const ElfW(Addr) here = (ElfW(Addr))nt_build_identity;
  int is_this = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *const part = &info->dlpi_phdr[i];
    const ElfW(Addr) start = info->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_LOAD && here >= start && here - start < part->p_memsz) is_this = 1;
  }
  for (int i = 0; is_this && !search->count && i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *const part = &info->dlpi_phdr[i];
    if (part->p_type != PT_NOTE) continue;
    search->count = copy_identity(
        (const char *)(info->dlpi_addr + part->p_vaddr), part->p_memsz,
        part->p_align == 8 ? 8 : 4, search->bytes);
  }
  return is_this;
}

int nt_build_identity(uint8_t bytes[NT_BUILD_BYTES]) {
  struct search search = {.bytes = bytes, .count = 0};
  dl_iterate_phdr(look, &search);
  return search.count;
}

#else

int nt_build_identity(uint8_t bytes[NT_BUILD_BYTES]) {
  (void)bytes;
  return 0;
}

#endif

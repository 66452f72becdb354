// The texts of `stdlib/`, put into the binary by the C compiler.
//
// A module is two lines here: its text and its row. `DriverTests` compares the table with the
// folder, so a forgotten one fails the suite.

#include "CStdlib.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const struct ntm_module modules[] = {
    {"", (const unsigned char *)"", 0},
};

size_t ntm_module_count(void) { return sizeof modules / sizeof modules[0] - 1; }

struct ntm_module ntm_module_at(size_t position) { return modules[position]; }

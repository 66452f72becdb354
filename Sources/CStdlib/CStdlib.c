// The texts of `stdlib/`, put into the binary by the C compiler.
//
// A module is two lines here: its text and its row. `DriverTests` compares the table with the
// folder, so a forgotten one fails the suite.

#include "CStdlib.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char address_text[] = {
#embed "../../stdlib/address.ntm" suffix(,)
    0};
static const unsigned char attention_text[] = {
#embed "../../stdlib/attention.ntm" suffix(,)
    0};
static const unsigned char audit_text[] = {
#embed "../../stdlib/audit.ntm" suffix(,)
    0};
static const unsigned char cells_text[] = {
#embed "../../stdlib/cells.ntm" suffix(,)
    0};
static const unsigned char conformance_text[] = {
#embed "../../stdlib/conformance.ntm" suffix(,)
    0};
static const unsigned char dnc_text[] = {
#embed "../../stdlib/dnc.ntm" suffix(,)
    0};
static const unsigned char dntm_text[] = {
#embed "../../stdlib/dntm.ntm" suffix(,)
    0};
static const unsigned char eval_text[] = {
#embed "../../stdlib/eval.ntm" suffix(,)
    0};
static const unsigned char heads_text[] = {
#embed "../../stdlib/heads.ntm" suffix(,)
    0};
static const unsigned char hopfield_text[] = {
#embed "../../stdlib/hopfield.ntm" suffix(,)
    0};
static const unsigned char init_text[] = {
#embed "../../stdlib/init.ntm" suffix(,)
    0};
static const unsigned char layers_text[] = {
#embed "../../stdlib/layers.ntm" suffix(,)
    0};
static const unsigned char loss_text[] = {
#embed "../../stdlib/loss.ntm" suffix(,)
    0};
static const unsigned char mann_text[] = {
#embed "../../stdlib/mann.ntm" suffix(,)
    0};
static const unsigned char memories_text[] = {
#embed "../../stdlib/memories.ntm" suffix(,)
    0};
static const unsigned char memory_network_text[] = {
#embed "../../stdlib/memory_network.ntm" suffix(,)
    0};
static const unsigned char models_text[] = {
#embed "../../stdlib/models.ntm" suffix(,)
    0};
static const unsigned char operations_text[] = {
#embed "../../stdlib/operations.ntm" suffix(,)
    0};
static const unsigned char optim_text[] = {
#embed "../../stdlib/optim.ntm" suffix(,)
    0};
static const unsigned char pondering_text[] = {
#embed "../../stdlib/pondering.ntm" suffix(,)
    0};
static const unsigned char sam_text[] = {
#embed "../../stdlib/sam.ntm" suffix(,)
    0};
static const unsigned char schedules_text[] = {
#embed "../../stdlib/schedules.ntm" suffix(,)
    0};
static const unsigned char sequence_text[] = {
#embed "../../stdlib/sequence.ntm" suffix(,)
    0};
static const unsigned char sparse_dnc_text[] = {
#embed "../../stdlib/sparse_dnc.ntm" suffix(,)
    0};
static const unsigned char stacks_text[] = {
#embed "../../stdlib/stacks.ntm" suffix(,)
    0};
static const unsigned char start_text[] = {
#embed "../../stdlib/start.ntm" suffix(,)
    0};
static const unsigned char tasks_text[] = {
#embed "../../stdlib/tasks.ntm" suffix(,)
    0};
static const unsigned char test_time_memory_text[] = {
#embed "../../stdlib/test_time_memory.ntm" suffix(,)
    0};

#define MODULE(name) {#name, name##_text, sizeof name##_text - 1}

static const struct ntm_module modules[] = {
    MODULE(address),
    MODULE(attention),
    MODULE(audit),
    MODULE(cells),
    MODULE(conformance),
    MODULE(dnc),
    MODULE(dntm),
    MODULE(eval),
    MODULE(heads),
    MODULE(hopfield),
    MODULE(init),
    MODULE(layers),
    MODULE(loss),
    MODULE(mann),
    MODULE(memories),
    MODULE(memory_network),
    MODULE(models),
    MODULE(operations),
    MODULE(optim),
    MODULE(pondering),
    MODULE(sam),
    MODULE(schedules),
    MODULE(sequence),
    MODULE(sparse_dnc),
    MODULE(stacks),
    MODULE(start),
    MODULE(tasks),
    MODULE(test_time_memory),
};

size_t ntm_module_count(void) { return sizeof modules / sizeof modules[0]; }

struct ntm_module ntm_module_at(size_t position) { return modules[position]; }

// The texts that open every generated file, put into the binary by the C compiler.

#include "CKernels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char vector_text[] = {
#embed "vector.h" suffix(,)
    0};
static const char mathematics_text[] = {
#embed "mathematics.h" suffix(,)
    0};
static const char product_text[] = {
#embed "product.h" suffix(,)
    0};
static const char multiply_text[] = {
#embed "multiply.h" suffix(,)
    0};
static const char access_text[] = {
#embed "access.h" suffix(,)
    0};
static const char order_text[] = {
#embed "order.h" suffix(,)
    0};
static const char profile_text[] = {
#embed "profile.h" suffix(,)
    0};

const char *ntm_kernels_vector(void) { return vector_text; }
const char *ntm_kernels_mathematics(void) { return mathematics_text; }
const char *ntm_kernels_product(void) { return product_text; }
const char *ntm_kernels_multiply(void) { return multiply_text; }
const char *ntm_kernels_access(void) { return access_text; }
const char *ntm_kernels_order(void) { return order_text; }
const char *ntm_kernels_profile(void) { return profile_text; }

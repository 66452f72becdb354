// C text for the files that the native engine generates; later texts need the earlier ones.
//
// A generated file defines NT_DOUBLE, NT_BYTES and NT_LANES first. The texts are zero-terminated.

const char *_Nonnull ntm_kernels_vector(void);
const char *_Nonnull ntm_kernels_mathematics(void);
const char *_Nonnull ntm_kernels_product(void);
const char *_Nonnull ntm_kernels_multiply(void);
const char *_Nonnull ntm_kernels_access(void);
const char *_Nonnull ntm_kernels_order(void);
const char *_Nonnull ntm_kernels_profile(void);

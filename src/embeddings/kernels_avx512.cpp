#define AGENTIC_LANES 16
#define AGENTIC_KERNELS_NAME kernels_avx512
#define AGENTIC_KERNELS_LABEL "AVX-512"
#include "embeddings/kernels_body.inc"

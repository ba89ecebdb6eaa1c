#define AGENTIC_LANES 8
#define AGENTIC_KERNELS_NAME kernels_avx2
#define AGENTIC_KERNELS_LABEL "AVX2"
#include "embeddings/kernels_body.inc"

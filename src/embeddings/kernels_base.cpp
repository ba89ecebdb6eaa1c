#define AGENTIC_LANES 4
#define AGENTIC_KERNELS_NAME kernels_base
#define AGENTIC_KERNELS_LABEL "baseline"
#include "embeddings/kernels_body.inc"

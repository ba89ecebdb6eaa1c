#include "embeddings/kernels.hpp"

namespace agentic::embeddings {

extern const Kernels kernels_base;
#ifdef __x86_64__
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;
#endif

std::size_t available_kernels(const Kernels* out[3]) {
    std::size_t count = 0;
#ifdef __x86_64__
    if (__builtin_cpu_supports("x86-64-v4")) out[count++] = &kernels_avx512;
    if (__builtin_cpu_supports("x86-64-v3")) out[count++] = &kernels_avx2;
#endif
    out[count++] = &kernels_base;
    return count;
}

const Kernels& kernels() {
    static const Kernels& best = *[] {
        const Kernels* found[3];
        available_kernels(found);
        return found[0];
    }();
    return best;
}

}  // namespace agentic::embeddings

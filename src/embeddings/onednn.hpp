#pragma once
// oneDNN behind its C interface, loaded when the first local model is: linking it would cost every server start-up time and memory.
#include <oneapi/dnnl/dnnl.h>

#include <memory>
#include <type_traits>

#include "core/error.hpp"

#define AGENTIC_ONEDNN_FUNCTIONS(X)                                                                                                                    \
    X(dnnl_engine_create) X(dnnl_stream_create) X(dnnl_stream_wait) X(dnnl_stream_destroy) X(dnnl_memory_desc_create_with_tag) X(dnnl_memory_desc_destroy) \
    X(dnnl_memory_desc_get_size) X(dnnl_memory_create) X(dnnl_memory_destroy) X(dnnl_primitive_attr_create) X(dnnl_primitive_attr_destroy)                 \
    X(dnnl_primitive_attr_set_scratchpad_mode) X(dnnl_matmul_primitive_desc_create) X(dnnl_reorder_primitive_desc_create) X(dnnl_primitive_desc_query_md)  \
    X(dnnl_primitive_desc_destroy) X(dnnl_primitive_create) X(dnnl_primitive_execute) X(dnnl_primitive_destroy) X(dnnl_get_effective_cpu_isa)

namespace agentic::embeddings {

class OneDnn {
public:
    /// Loads the library once. `unavailable` when it is not installed. Thread-safe.
    static Result<const OneDnn*> get();

    /// Multiplies 8-bit numbers without losing bits: VNNI or better.
    bool has_int8() const;
    dnnl_engine_t engine() const { return engine_; }

#define AGENTIC_ONEDNN_MEMBER(name) decltype(&::name) name = nullptr;
    AGENTIC_ONEDNN_FUNCTIONS(AGENTIC_ONEDNN_MEMBER)
#undef AGENTIC_ONEDNN_MEMBER

    template <class T>
    using Owned = std::unique_ptr<std::remove_pointer_t<T>, dnnl_status_t (*)(T)>;

    Owned<dnnl_memory_desc_t> describe(std::size_t rows, std::size_t columns, dnnl_data_type_t type, dnnl_format_tag_t tag) const;
    Owned<dnnl_memory_t> memory(const_dnnl_memory_desc_t description, void* data) const;
    Owned<dnnl_primitive_t> primitive(const_dnnl_primitive_desc_t description) const;
    /// Runs on the calling thread alone and returns when it is done.
    void execute(const_dnnl_primitive_t what, std::initializer_list<dnnl_exec_arg_t> arguments) const;
    /// Throws std::runtime_error: with shapes that were checked, a failure is a fault of ours or lack of memory.
    static void require(dnnl_status_t status);

private:
    OneDnn() = default;
    static Result<OneDnn> load();

    dnnl_engine_t engine_ = nullptr;
    void (*omp_set_num_threads_)(int) = nullptr;
};

}  // namespace agentic::embeddings

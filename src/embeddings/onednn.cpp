#include "embeddings/onednn.hpp"

#include <dlfcn.h>

#include <format>
#include <stdexcept>

namespace agentic::embeddings {
namespace {

constexpr const char* kNames[] = {"libdnnl.so.3", "libdnnl.so.3.7", "libdnnl.so.3.6"};

void* open_library() {
    for (const char* name : kNames) {
        if (void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    }
    return nullptr;
}

}  // namespace

Result<const OneDnn*> OneDnn::get() {
    static const auto loaded = load();
    if (!loaded) return std::unexpected(loaded.error());
    return &*loaded;
}

Result<OneDnn> OneDnn::load() {
    void* library = open_library();  // stays for the life of the process
    if (library == nullptr) return fail(ErrorCode::unavailable, "Local embedding models need oneDNN: install the package libdnnl3.6", ::dlerror());
    OneDnn out;
#define AGENTIC_ONEDNN_LOAD(name)                                                  \
    out.name = reinterpret_cast<decltype(out.name)>(::dlsym(library, #name));      \
    if (out.name == nullptr) return fail(ErrorCode::unavailable, "The installed oneDNN is too old: " #name " is missing");
    AGENTIC_ONEDNN_FUNCTIONS(AGENTIC_ONEDNN_LOAD)
#undef AGENTIC_ONEDNN_LOAD
    out.omp_set_num_threads_ = reinterpret_cast<void (*)(int)>(::dlsym(library, "omp_set_num_threads"));
    if (const auto status = out.dnnl_engine_create(&out.engine_, dnnl_cpu, 0); status != dnnl_success) {
        return fail(ErrorCode::unavailable, std::format("oneDNN cannot be used on this processor (status {})", static_cast<int>(status)));
    }
    return out;
}

bool OneDnn::has_int8() const {
    const auto isa = static_cast<unsigned>(dnnl_get_effective_cpu_isa());
    const auto has = [isa](dnnl_cpu_isa_t wanted) { return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted); };
    return has(dnnl_cpu_isa_avx512_core_vnni) || has(dnnl_cpu_isa_avx2_vnni);
}

OneDnn::Owned<dnnl_memory_desc_t> OneDnn::describe(std::size_t rows, std::size_t columns, dnnl_data_type_t type, dnnl_format_tag_t tag) const {
    const dnnl_dims_t sizes = {static_cast<dnnl_dim_t>(rows), static_cast<dnnl_dim_t>(columns)};
    dnnl_memory_desc_t out = nullptr;
    require(dnnl_memory_desc_create_with_tag(&out, 2, sizes, type, tag));
    return {out, dnnl_memory_desc_destroy};
}

OneDnn::Owned<dnnl_memory_t> OneDnn::memory(const_dnnl_memory_desc_t description, void* data) const {
    dnnl_memory_t out = nullptr;
    require(dnnl_memory_create(&out, description, engine_, data));
    return {out, dnnl_memory_destroy};
}

OneDnn::Owned<dnnl_primitive_t> OneDnn::primitive(const_dnnl_primitive_desc_t description) const {
    dnnl_primitive_t out = nullptr;
    require(dnnl_primitive_create(&out, description));
    return {out, dnnl_primitive_destroy};
}

void OneDnn::execute(const_dnnl_primitive_t what, std::initializer_list<dnnl_exec_arg_t> arguments) const {
    thread_local const bool alone = [this] {
        if (omp_set_num_threads_ != nullptr) omp_set_num_threads_(1);  // of this thread's own team
        return true;
    }();
    static_cast<void>(alone);
    thread_local const Owned<dnnl_stream_t> stream = [this] {
        dnnl_stream_t out = nullptr;
        require(dnnl_stream_create(&out, engine_, dnnl_stream_default_flags));
        return Owned<dnnl_stream_t>(out, dnnl_stream_destroy);
    }();
    require(dnnl_primitive_execute(what, stream.get(), static_cast<int>(arguments.size()), arguments.begin()));
    require(dnnl_stream_wait(stream.get()));
}

void OneDnn::require(dnnl_status_t status) {
    if (status != dnnl_success) throw std::runtime_error(std::format("oneDNN failed with status {}", static_cast<int>(status)));
}

}  // namespace agentic::embeddings

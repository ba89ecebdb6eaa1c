#include "embeddings/matrix_product.hpp"

namespace agentic::embeddings {
namespace {

dnnl_data_type_t input_type(Precision p) { return p == Precision::int8 ? dnnl_u8 : dnnl_f32; }
dnnl_data_type_t weight_type(Precision p) { return p == Precision::int8 ? dnnl_s8 : dnnl_f32; }
dnnl_data_type_t output_type(Precision p) { return p == Precision::int8 ? dnnl_s32 : dnnl_f32; }

}  // namespace

MatrixProduct::MatrixProduct(const OneDnn& library, std::size_t inputs, std::size_t outputs, Precision precision)
    : library_(library),
      inputs_(inputs),
      outputs_(outputs),
      precision_(precision),
      any_weights_(library.describe(inputs, outputs, weight_type(precision), dnnl_format_tag_any)),
      widest_(describe(empty_program(kMaxRows), any_weights_.get())) {}

Buffer MatrixProduct::pack(const void* weights) const {
    const auto* packed = library_.dnnl_primitive_desc_query_md(widest_.get(), dnnl_query_weights_md, 0);
    const auto plain = library_.describe(inputs_, outputs_, weight_type(precision_), dnnl_ba);
    dnnl_primitive_desc_t description = nullptr;
    OneDnn::require(library_.dnnl_reorder_primitive_desc_create(&description, plain.get(), library_.engine(), packed, library_.engine(), nullptr));
    const Description owned(description, library_.dnnl_primitive_desc_destroy);
    const auto reorder = library_.primitive(description);
    Buffer out(library_.dnnl_memory_desc_get_size(packed));
    const auto from = library_.memory(plain.get(), const_cast<void*>(weights));
    const auto to = library_.memory(packed, out.as<void>());
    library_.execute(reorder.get(), {{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}});
    return out;
}

void MatrixProduct::run(const void* in, const Buffer& weights, void* out, std::size_t rows) {
    const auto& program = program_of((rows + kRowStep - 1) / kRowStep - 1);
    const auto* packed = library_.dnnl_primitive_desc_query_md(widest_.get(), dnnl_query_weights_md, 0);
    thread_local std::vector<std::byte> scratch;
    if (scratch.size() < program.scratch_bytes + 64) scratch.resize(program.scratch_bytes + 64);
    const auto source = library_.memory(program.in.get(), const_cast<void*>(in));
    const auto matrix = library_.memory(packed, weights.as<void>());
    const auto target = library_.memory(program.out.get(), out);
    if (program.scratch_bytes == 0) {
        library_.execute(program.primitive.get(), {{DNNL_ARG_SRC, source.get()}, {DNNL_ARG_WEIGHTS, matrix.get()}, {DNNL_ARG_DST, target.get()}});
        return;
    }
    const auto flat = library_.describe(1, program.scratch_bytes, dnnl_u8, dnnl_ab);
    const auto address = (reinterpret_cast<std::uintptr_t>(scratch.data()) + 63) / 64 * 64;
    const auto room = library_.memory(flat.get(), reinterpret_cast<void*>(address));
    library_.execute(program.primitive.get(), {{DNNL_ARG_SRC, source.get()}, {DNNL_ARG_WEIGHTS, matrix.get()}, {DNNL_ARG_DST, target.get()}, {DNNL_ARG_SCRATCHPAD, room.get()}});
}

MatrixProduct::Description MatrixProduct::describe(const Program& program, const_dnnl_memory_desc_t weights) const {
    dnnl_primitive_attr_t attributes = nullptr;
    OneDnn::require(library_.dnnl_primitive_attr_create(&attributes));
    const OneDnn::Owned<dnnl_primitive_attr_t> owned(attributes, library_.dnnl_primitive_attr_destroy);
    OneDnn::require(library_.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user));  // programs are shared by threads
    dnnl_primitive_desc_t out = nullptr;
    OneDnn::require(library_.dnnl_matmul_primitive_desc_create(&out, library_.engine(), program.in.get(), weights, nullptr, program.out.get(), attributes));
    return {out, library_.dnnl_primitive_desc_destroy};
}

MatrixProduct::Program MatrixProduct::empty_program(std::size_t rows) const {
    return {library_.describe(rows, inputs_, input_type(precision_), dnnl_ab), library_.describe(rows, outputs_, output_type(precision_), dnnl_ab),
            {nullptr, library_.dnnl_primitive_destroy}, 0};
}

const MatrixProduct::Program& MatrixProduct::program_of(std::size_t step) {
    std::call_once(made_[step], [&] { programs_[step] = std::make_unique<Program>(make_program(step)); });
    return *programs_[step];
}

MatrixProduct::Program MatrixProduct::make_program(std::size_t step) const {
    auto out = empty_program((step + 1) * kRowStep);
    const auto description = describe(out, library_.dnnl_primitive_desc_query_md(widest_.get(), dnnl_query_weights_md, 0));
    out.primitive = library_.primitive(description.get());
    const auto* scratch = library_.dnnl_primitive_desc_query_md(description.get(), dnnl_query_scratchpad_md, 0);
    out.scratch_bytes = scratch == nullptr ? 0 : library_.dnnl_memory_desc_get_size(scratch);
    return out;
}

}  // namespace agentic::embeddings

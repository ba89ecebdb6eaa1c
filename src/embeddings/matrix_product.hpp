#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "embeddings/onednn.hpp"

namespace agentic::embeddings {

enum class Precision : std::uint8_t { fp32, int8 };

/// Memory aligned for the widest vectors. Its content is not initialised.
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(std::size_t bytes) : data_(static_cast<std::byte*>(::operator new(bytes + kAlignment, std::align_val_t(kAlignment)))) {}
    template <class T>
    T* as() const { return reinterpret_cast<T*>(data_.get()); }

private:
    static constexpr std::size_t kAlignment = 64;
    struct Free {
        void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t(kAlignment)); }
    };
    std::unique_ptr<std::byte, Free> data_;
};

/// out[rows][outputs] = in[rows][inputs] * weights, for one shape of weights: float by float, or unsigned by signed 8-bit to 32-bit sums. Thread-safe.
class MatrixProduct {
public:
    static constexpr std::size_t kMaxRows = 64;   // at a time: what a layer makes of them stays in the second-level cache
    static constexpr std::size_t kRowStep = 8;    // one program for each multiple of it

    MatrixProduct(const OneDnn& library, std::size_t inputs, std::size_t outputs, Precision precision);

    std::size_t inputs() const { return inputs_; }
    std::size_t outputs() const { return outputs_; }
    Precision precision() const { return precision_; }

    /// Lays weights out as the product wants them. They come as PyTorch keeps them, [outputs][inputs]: floats, or signed bytes for int8.
    Buffer pack(const void* weights) const;
    /// `rows` <= kMaxRows. Reads and writes whole steps: both `in` and `out` have room for `rows` rounded up to kRowStep.
    void run(const void* in, const Buffer& weights, void* out, std::size_t rows);

private:
    struct Program {
        OneDnn::Owned<dnnl_memory_desc_t> in, out;
        OneDnn::Owned<dnnl_primitive_t> primitive;
        std::size_t scratch_bytes;
    };
    using Description = OneDnn::Owned<dnnl_primitive_desc_t>;

    Description describe(const Program& program, const_dnnl_memory_desc_t weights) const;
    Program empty_program(std::size_t rows) const;
    const Program& program_of(std::size_t step);
    Program make_program(std::size_t step) const;

    const OneDnn& library_;
    std::size_t inputs_, outputs_;
    Precision precision_;
    OneDnn::Owned<dnnl_memory_desc_t> any_weights_;
    Description widest_;  // its layout of the weights is that of all programs
    std::array<std::once_flag, kMaxRows / kRowStep> made_;
    std::array<std::unique_ptr<Program>, kMaxRows / kRowStep> programs_;
};

}  // namespace agentic::embeddings

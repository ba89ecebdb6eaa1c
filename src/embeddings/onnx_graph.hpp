#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "embeddings/weight_source.hpp"

namespace agentic::embeddings {

/// A constant of the graph. `bytes` are those of its numbers, as many as its shape asks for; none for types other than floats.
struct OnnxTensor {
    DataType type = DataType::other;
    std::vector<std::size_t> shape;
    std::span<const std::byte> bytes;
};

/// An operation that can be part of a linear layer, or that gives a constant a second name.
struct OnnxNode {
    enum class Kind : std::uint8_t { identity, add, matmul, gemm };

    Kind kind = Kind::identity;
    std::vector<std::string_view> inputs;
    std::string_view output;
    bool is_plain = true;           // a Gemm without factors and without a transposed first operand
    bool transposes_second = false;
};

/// All views are into the file.
struct OnnxGraph {
    std::map<std::string_view, OnnxTensor, std::less<>> tensors;
    std::vector<OnnxNode> nodes;
};

/// Reads what weights can be found by in an ONNX file (onnx.proto, any IR version) as untrusted input. Fails with `bad_request` and the reason, also for a file
/// that is no plain export: quantised, optimised into operations of one runtime, or with its numbers in another file.
Result<OnnxGraph> parse_onnx(std::span<const std::byte> file);

}  // namespace agentic::embeddings

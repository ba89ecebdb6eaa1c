#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "embeddings/mapped_file.hpp"
#include "embeddings/onnx_graph.hpp"

namespace agentic::embeddings {

/// The weights in an ONNX file. Exporters keep PyTorch's names but for the matrices of linear layers, which they transpose and number: such a matrix is the
/// constant that is multiplied where the layer's bias, which has its name, is added.
class OnnxWeights final : public WeightSource {
public:
    /// `not_found`, or `bad_request` and the reason.
    static Result<OnnxWeights> open(const std::filesystem::path& path);
    /// The same over bytes that outlive it.
    static Result<OnnxWeights> read(std::span<const std::byte> file);

    std::vector<std::string_view> names() const override;
    Result<Floats> floats(std::string_view name, std::span<const std::size_t> shape) const override;

private:
    /// A constant, and whether the layer has it the other way round.
    struct Matrix {
        const OnnxTensor* tensor = nullptr;
        bool is_transposed = false;
        bool operator==(const Matrix&) const = default;
    };

    explicit OnnxWeights(OnnxGraph graph);
    const OnnxTensor* constant(std::string_view name) const;
    Matrix multiplied_before(const OnnxNode& node, std::string_view bias) const;
    Result<Matrix> matrix_of(std::string_view layer) const;
    Result<Matrix> find(std::string_view name, bool is_matrix) const;

    std::optional<MappedFile> file_;
    OnnxGraph graph_;
    std::map<std::string_view, std::size_t, std::less<>> makers_;  // node by its output
    std::multimap<std::string_view, std::size_t, std::less<>> adders_;  // Add and Gemm by each of their inputs
};

}  // namespace agentic::embeddings

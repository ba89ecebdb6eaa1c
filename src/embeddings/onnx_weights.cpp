#include "embeddings/onnx_weights.hpp"

#include <algorithm>
#include <format>
#include <string>

namespace agentic::embeddings {
namespace {

constexpr std::string_view kWeight = ".weight";
constexpr int kMaxIdentities = 16;  // one behind the other

Floats transposed(Floats from, std::size_t rows, std::size_t columns) {
    std::vector<float> out(from.size());
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < columns; ++c) out[r * columns + c] = from[c * rows + r];
    }
    return Floats(std::move(out));
}

}  // namespace

Result<OnnxWeights> OnnxWeights::open(const std::filesystem::path& path) {
    AGENTIC_TRY(auto file, MappedFile::open(path));
    AGENTIC_TRY(auto weights, read(file.bytes()));
    weights.file_.emplace(std::move(file));
    return weights;
}

Result<OnnxWeights> OnnxWeights::read(std::span<const std::byte> file) {
    return parse_onnx(file).transform([](OnnxGraph graph) { return OnnxWeights(std::move(graph)); });
}

OnnxWeights::OnnxWeights(OnnxGraph graph) : graph_(std::move(graph)) {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
        const auto& node = graph_.nodes[i];
        makers_.emplace(node.output, i);
        if (node.kind != OnnxNode::Kind::add && node.kind != OnnxNode::Kind::gemm) continue;
        for (const auto input : node.inputs) adders_.emplace(input, i);
    }
}

std::vector<std::string_view> OnnxWeights::names() const {
    std::vector<std::string_view> out;
    for (const auto& [name, tensor] : graph_.tensors) out.push_back(name);
    return out;
}

Result<Floats> OnnxWeights::floats(std::string_view name, std::span<const std::size_t> shape) const {
    AGENTIC_TRY(const auto found, find(name, shape.size() == 2));
    const bool fits = found.is_transposed ? std::ranges::equal(found.tensor->shape, std::vector(shape.rbegin(), shape.rend())) : std::ranges::equal(found.tensor->shape, shape);
    if (!fits) return fail(ErrorCode::bad_request, std::format("The tensor {} has not the shape that config.json implies", name));
    if (found.tensor->type == DataType::other) return fail(ErrorCode::bad_request, std::format("The tensor {} is not of type F32, F16 or BF16", name));
    auto values = floats_of(found.tensor->bytes, found.tensor->type);
    return found.is_transposed ? transposed(std::move(values), shape[0], shape[1]) : std::move(values);
}

// A matrix that kept its name stands as in PyTorch, unless the graph multiplies by it as it is.
Result<OnnxWeights::Matrix> OnnxWeights::find(std::string_view name, bool is_matrix) const {
    const Matrix named{constant(name)};
    if (is_matrix && name.ends_with(kWeight)) {
        auto multiplied = matrix_of(name.substr(0, name.size() - kWeight.size()));
        if (named.tensor == nullptr || (multiplied && multiplied->tensor == named.tensor)) return multiplied;
    }
    if (named.tensor == nullptr) return fail(ErrorCode::bad_request, std::format("The model has no tensor {}", name));
    return named;
}

// Exporters keep one of several equal constants, and name the others by an Identity.
const OnnxTensor* OnnxWeights::constant(std::string_view name) const {
    for (int i = 0; i <= kMaxIdentities; ++i) {
        if (const auto tensor = graph_.tensors.find(name); tensor != graph_.tensors.end()) return &tensor->second;
        const auto maker = makers_.find(name);
        if (maker == makers_.end()) return nullptr;
        const auto& node = graph_.nodes[maker->second];
        if (node.kind != OnnxNode::Kind::identity || node.inputs.size() != 1) return nullptr;
        name = node.inputs.front();
    }
    return nullptr;
}

OnnxWeights::Matrix OnnxWeights::multiplied_before(const OnnxNode& node, std::string_view bias) const {
    if (node.kind == OnnxNode::Kind::gemm) {
        if (!node.is_plain || node.inputs.size() != 3 || node.inputs[2] != bias) return {};
        return {constant(node.inputs[1]), !node.transposes_second};
    }
    if (node.inputs.size() != 2) return {};
    const auto product = makers_.find(node.inputs[0] == bias ? node.inputs[1] : node.inputs[0]);
    if (product == makers_.end()) return {};
    const auto& multiplication = graph_.nodes[product->second];
    if (multiplication.kind != OnnxNode::Kind::matmul || multiplication.inputs.size() != 2) return {};
    return {constant(multiplication.inputs[1]), true};
}

Result<OnnxWeights::Matrix> OnnxWeights::matrix_of(std::string_view layer) const {
    const auto bias = std::format("{}.bias", layer);
    Matrix out;
    const auto [begin, end] = adders_.equal_range(bias);
    for (auto it = begin; it != end; ++it) {
        const auto found = multiplied_before(graph_.nodes[it->second], bias);
        if (found.tensor == nullptr || found == out) continue;
        if (out.tensor != nullptr) return fail(ErrorCode::bad_request, std::format("The ONNX file adds {} to products with several constants; expected is one", bias));
        out = found;
    }
    if (out.tensor == nullptr) {
        return fail(ErrorCode::bad_request, std::format("The ONNX file has neither {}.weight nor a MatMul or Gemm with a constant, to whose product {} is added", layer, bias));
    }
    return out;
}

}  // namespace agentic::embeddings

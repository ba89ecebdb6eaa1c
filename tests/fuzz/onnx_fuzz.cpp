// An ONNX file: what is accepted lies inside the file, and the matrix of a layer is found whatever the graph looks like.
#include <functional>
#include <string>

#include "embeddings/onnx_weights.hpp"
#include "fuzz/fuzz_target.hpp"

namespace agentic::fuzz {
namespace {

constexpr std::size_t kNamesAsked = 64;

void check_tensor(const embeddings::OnnxTensor& tensor, std::string_view input) {
    if (tensor.type == embeddings::DataType::other) return require(tensor.bytes.empty(), "only floats are kept");
    std::size_t size = tensor.type == embeddings::DataType::f32 ? 4 : 2;
    for (const auto length : tensor.shape) size *= length;
    require(size == tensor.bytes.size(), "a tensor has the bytes that its shape asks for");
    const auto* begin = reinterpret_cast<const char*>(tensor.bytes.data());
    require(size == 0 || (!std::less<>()(begin, input.data()) && !std::less<>()(input.data() + input.size(), begin + size)), "a tensor lies inside the file");
}

const Target kTarget("onnx", [](std::string_view input) {
    const auto bytes = std::as_bytes(std::span(input));
    const auto graph = embeddings::parse_onnx(bytes);
    const auto weights = embeddings::OnnxWeights::read(bytes);
    require(graph.has_value() == weights.has_value(), "the same bytes give the same");
    if (!graph) return;
    for (const auto& [name, tensor] : graph->tensors) check_tensor(tensor, input);
    std::size_t asked = 0;
    for (const auto& name : weights->names()) {
        if (!name.ends_with(".bias") || ++asked > kNamesAsked) continue;
        const auto matrix = std::string(name.substr(0, name.size() - 5)) + ".weight";
        for (const auto& [other, tensor] : graph->tensors) {
            const std::vector<std::size_t> turned(tensor.shape.rbegin(), tensor.shape.rend());
            const auto found = weights->floats(matrix, turned);
            require(!found || turned.size() != 2 || found->size() == turned[0] * turned[1], "a matrix has the asked size");
        }
    }
});

}  // namespace
}  // namespace agentic::fuzz

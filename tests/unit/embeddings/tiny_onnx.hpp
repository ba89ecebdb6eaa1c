#pragma once
// ONNX files as an exporter writes them: Protocol Buffers by hand, with the field numbers of onnx.proto.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tiny_model.hpp"

namespace agentic::embeddings::test {

inline std::string varint(std::uint64_t value) {
    std::string out;
    for (; value > 0x7F; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
    return out + static_cast<char>(value);
}

inline std::string number_field(std::uint32_t id, std::uint64_t value) { return varint(id << 3) + varint(value); }
inline std::string bytes_field(std::uint32_t id, std::string_view bytes) { return varint(id << 3 | 2) + varint(bytes.size()) + std::string(bytes); }

/// TensorProto, with `data` as its last fields: raw_data of F32 unless told.
inline std::string onnx_tensor(std::string_view name, const std::vector<std::size_t>& shape, std::string_view data, std::uint64_t type = 1) {
    std::string out;
    for (const auto length : shape) out += number_field(1, length);
    return out + number_field(2, type) + bytes_field(8, name) + std::string(data);
}
inline std::string raw_data(std::string_view bytes) { return bytes_field(9, bytes); }

/// NodeProto.
inline std::string onnx_node(std::string_view operation, const std::vector<std::string>& inputs, std::string_view output, std::string_view more = {}) {
    std::string out;
    for (const auto& input : inputs) out += bytes_field(1, input);
    return out + bytes_field(2, output) + bytes_field(4, operation) + std::string(more);
}
/// An attribute of a node: an integer.
inline std::string onnx_integer(std::string_view name, std::uint64_t value) { return bytes_field(5, bytes_field(1, name) + number_field(3, value)); }

/// ModelProto with one graph.
inline std::string onnx_model(const std::vector<std::string>& nodes, const std::vector<std::string>& tensors) {
    std::string graph;
    for (const auto& node : nodes) graph += bytes_field(1, node);
    graph += bytes_field(2, "main_graph");
    for (const auto& tensor : tensors) graph += bytes_field(5, tensor);
    return number_field(1, 8) + bytes_field(2, "a test") + bytes_field(7, graph) + bytes_field(8, number_field(2, 17));
}

inline std::string transposed_bytes(const TinyWeights& matrix) {
    const auto rows = matrix.shape[0], columns = matrix.shape[1];
    std::vector<float> out;
    for (std::size_t c = 0; c < columns; ++c) {
        for (std::size_t r = 0; r < rows; ++r) out.push_back(matrix.values[r * columns + c]);
    }
    return bytes_of(out);
}

/// The tensors as torch.onnx writes a model: what has a bias is a numbered, transposed constant behind a MatMul; pooler and classifier are a Gemm with names; the second
/// of two equal tensors is an Identity.
inline std::string onnx_of(const std::vector<TinyTensor>& tensors, const std::string& prefix = "") {
    std::vector<std::string> nodes, constants;
    std::map<std::string, std::string> kept;  // name by bytes
    const auto weights = tiny_weights(tensors);
    const auto has_bias = [&](const std::string& layer) {
        for (const auto& tensor : weights) {
            if (tensor.name == layer + ".bias") return true;
        }
        return false;
    };
    for (const auto& tensor : weights) {
        const auto name = prefix + tensor.name;
        const auto layer = tensor.name.substr(0, tensor.name.rfind('.'));
        if (tensor.shape.size() == 2 && has_bias(layer)) {
            if (layer.contains("pooler") || layer.contains("classifier")) {
                constants.push_back(onnx_tensor(name, tensor.shape, raw_data(bytes_of(tensor.values))));
                nodes.push_back(onnx_node("Gemm", {"/" + layer + "/in", name, prefix + layer + ".bias"}, "/" + layer + "/out", onnx_integer("transB", 1)));
                continue;
            }
            const auto number = "onnx::MatMul_" + std::to_string(100 + constants.size());
            constants.push_back(onnx_tensor(number, {tensor.shape[1], tensor.shape[0]}, raw_data(transposed_bytes(tensor))));
            nodes.push_back(onnx_node("MatMul", {"/" + layer + "/in", number}, "/" + layer + "/product"));
            nodes.push_back(onnx_node("Add", {prefix + layer + ".bias", "/" + layer + "/product"}, "/" + layer + "/out"));
        } else if (const auto [place, is_new] = kept.emplace(bytes_of(tensor.values), name); is_new) {
            constants.push_back(onnx_tensor(name, tensor.shape, raw_data(place->first)));
        } else {
            nodes.push_back(onnx_node("Identity", {place->second}, name));
        }
    }
    return onnx_model(nodes, constants);
}

}  // namespace agentic::embeddings::test

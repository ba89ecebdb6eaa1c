#include "embeddings/onnx_graph.hpp"

#include <algorithm>
#include <cstring>
#include <format>
#include <optional>
#include <string>

#include "embeddings/protobuf_reader.hpp"

namespace agentic::embeddings {
namespace {

using enum WireField::Kind;

constexpr std::size_t kMaxTensors = 100'000, kMaxNodes = 1'000'000, kMaxInputs = 1'000, kMaxDimensions = 8;

// Numbers of fields and of data types in onnx.proto.
namespace model {
constexpr std::uint32_t kGraph = 7;
}
namespace graph {
constexpr std::uint32_t kNode = 1, kInitializer = 5, kSparseInitializer = 15;
}
namespace node {
constexpr std::uint32_t kInput = 1, kOutput = 2, kOperation = 4, kAttribute = 5, kDomain = 7;
}
namespace attribute {
constexpr std::uint32_t kName = 1, kFloat = 2, kInteger = 3;
}
namespace tensor {
constexpr std::uint32_t kDimensions = 1, kDataType = 2, kFloatData = 4, kName = 8, kRawData = 9, kExternalData = 13, kDataLocation = 14;
constexpr std::uint64_t kFloat = 1, kFloat16 = 10, kBfloat16 = 16;
}  // namespace tensor

std::unexpected<Error> malformed(std::string_view why) { return fail(ErrorCode::bad_request, std::format("The ONNX file is malformed: {}", why)); }

std::unexpected<Error> unfit(std::string_view why) {
    return fail(ErrorCode::bad_request,
                std::format("The ONNX file cannot be used: {}. Expected is a plain float32 export of a BERT or MPNet model (torch.onnx, optimum) with its weights inside", why));
}

/// A name from the file, fit for a message.
std::string shown(std::string_view text) {
    std::string out(text.substr(0, 60));
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

class TensorParser {
public:
    Result<std::pair<std::string_view, OnnxTensor>> parse(std::span<const std::byte> message) {
        ProtobufReader reader(message);
        while (const auto field = reader.next()) AGENTIC_CHECK(take(*field));
        if (reader.is_malformed()) return malformed("a tensor ends in the middle");
        if (is_external_) return unfit(std::format("the numbers of {} lie in another file", shown(name_)));
        AGENTIC_CHECK(finish());
        return std::pair{name_, std::move(out_)};
    }

private:
    Result<void> take(const WireField& field) {
        using namespace tensor;
        if (field.is(kName, bytes)) name_ = field.text();
        else if (field.is(kDataType, number)) type_ = field.number;
        else if (field.is(kDimensions, number)) return add_dimension(field.number);
        else if (field.is(kDimensions, bytes)) return add_dimensions(field.bytes);
        else if (field.is(kRawData, bytes) || field.is(kFloatData, bytes)) return set_data(field);
        else if (field.id == kFloatData) return malformed("the numbers of a tensor are not packed");
        else if (field.id == kExternalData || (field.is(kDataLocation, number) && field.number != 0)) is_external_ = true;
        return {};
    }

    Result<void> add_dimension(std::uint64_t length) {
        if (out_.shape.size() == kMaxDimensions || length > INT64_MAX) return malformed("a tensor's shape is not one");
        out_.shape.push_back(length);
        return {};
    }

    Result<void> add_dimensions(std::span<const std::byte> packed) {  // varints, one behind the other
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (const auto byte : packed) {
            if (shift > 56) return malformed("a tensor's shape is not one");
            value |= (static_cast<std::uint64_t>(byte) & 0x7F) << shift;
            shift += 7;
            if ((byte & std::byte{0x80}) != std::byte{0}) continue;
            AGENTIC_CHECK(add_dimension(value));
            value = shift = 0;
        }
        return shift == 0 ? Result<void>() : malformed("a tensor's shape is not one");
    }

    Result<void> set_data(const WireField& field) {
        if (data_) return malformed("a tensor has its numbers twice");
        data_ = field.bytes;
        is_raw_ = field.id == tensor::kRawData;
        return {};
    }

    Result<void> finish() {
        using namespace tensor;
        out_.type = type_ == kFloat ? DataType::f32 : type_ == kFloat16 ? DataType::f16 : type_ == kBfloat16 ? DataType::bf16 : DataType::other;
        if (!is_raw_ && out_.type != DataType::f32) out_.type = DataType::other;
        if (out_.type == DataType::other) return {};
        out_.bytes = data_.value_or(std::span<const std::byte>());
        std::size_t size = out_.type == DataType::f32 ? 4 : 2;
        for (const auto length : out_.shape) {
            if (__builtin_mul_overflow(size, length, &size)) return malformed("a tensor's shape is too large");
        }
        return size == out_.bytes.size() ? Result<void>() : malformed("a tensor has not as many numbers as its shape says");
    }

    std::string_view name_;
    std::uint64_t type_ = 0;
    OnnxTensor out_;
    std::optional<std::span<const std::byte>> data_;
    bool is_raw_ = false, is_external_ = false;
};

bool is_quantised(std::string_view operation) { return operation.starts_with("QLinear") || operation.contains("uantize") || operation.ends_with("Integer"); }

class NodeParser {
public:
    /// nullopt for an operation that weights are not found by.
    Result<std::optional<OnnxNode>> parse(std::span<const std::byte> message) {
        ProtobufReader reader(message);
        while (const auto field = reader.next()) AGENTIC_CHECK(take(*field));
        if (reader.is_malformed()) return malformed("a node ends in the middle");
        if (is_quantised(operation_)) return unfit(std::format("it is quantised ({})", shown(operation_)));
        if (!domain_.empty() && domain_ != "ai.onnx") return unfit(std::format("it is fused for one runtime ({} of {})", shown(operation_), shown(domain_)));
        const auto kind = kind_of(operation_);
        if (!kind) return std::nullopt;
        out_.kind = *kind;
        for (const auto& attribute : attributes_) AGENTIC_CHECK(read_attribute(attribute));
        return std::move(out_);
    }

private:
    static std::optional<OnnxNode::Kind> kind_of(std::string_view operation) {
        if (operation == "MatMul") return OnnxNode::Kind::matmul;
        if (operation == "Add") return OnnxNode::Kind::add;
        if (operation == "Gemm") return OnnxNode::Kind::gemm;
        return operation == "Identity" ? std::optional(OnnxNode::Kind::identity) : std::nullopt;
    }

    Result<void> take(const WireField& field) {
        using namespace node;
        if (field.kind != bytes) return {};
        switch (field.id) {
            case kInput:
                if (out_.inputs.size() == kMaxInputs) return malformed("a node has too many inputs");
                out_.inputs.push_back(field.text());
                break;
            case kOutput: out_.output = out_.output.empty() ? field.text() : out_.output; break;
            case kOperation: operation_ = field.text(); break;
            case kDomain: domain_ = field.text(); break;
            case kAttribute: attributes_.push_back(field.bytes); break;
            default: break;
        }
        return {};
    }

    Result<void> read_attribute(std::span<const std::byte> message) {
        std::string_view name;
        std::uint64_t integer = 0;
        float real = 0;
        ProtobufReader reader(message);
        while (const auto field = reader.next()) {
            if (field->is(attribute::kName, bytes)) name = field->text();
            else if (field->is(attribute::kInteger, number)) integer = field->number;
            else if (field->is(attribute::kFloat, fixed32)) std::memcpy(&real, field->bytes.data(), sizeof real);
        }
        if (reader.is_malformed()) return malformed("an attribute ends in the middle");
        if (name == "transB") out_.transposes_second = integer != 0;
        if ((name == "transA" && integer != 0) || ((name == "alpha" || name == "beta") && real != 1)) out_.is_plain = false;
        return {};
    }

    std::string_view operation_, domain_;
    std::vector<std::span<const std::byte>> attributes_;
    OnnxNode out_;
};

Result<OnnxGraph> parse_graph(std::span<const std::byte> message) {
    OnnxGraph out;
    std::size_t nodes = 0;
    ProtobufReader reader(message);
    while (const auto field = reader.next()) {
        if (field->is(graph::kInitializer, bytes)) {
            AGENTIC_TRY(auto named, TensorParser().parse(field->bytes));
            if (out.tensors.size() == kMaxTensors) return malformed("too many tensors");
            if (!out.tensors.insert(std::move(named)).second) return malformed("two tensors have the same name");
        } else if (field->is(graph::kNode, bytes)) {
            if (++nodes > kMaxNodes) return malformed("too many nodes");
            AGENTIC_TRY(auto parsed, NodeParser().parse(field->bytes));
            if (parsed) out.nodes.push_back(*std::move(parsed));
        } else if (field->id == graph::kSparseInitializer) {
            return unfit("it has sparse weights");
        }
    }
    if (reader.is_malformed()) return malformed("the graph ends in the middle");
    return out;
}

}  // namespace

Result<OnnxGraph> parse_onnx(std::span<const std::byte> file) {
    std::optional<std::span<const std::byte>> found;
    ProtobufReader reader(file);
    while (const auto field = reader.next()) {
        if (!field->is(model::kGraph, bytes)) continue;
        if (found) return malformed("it has two graphs");
        found = field->bytes;
    }
    if (reader.is_malformed()) return malformed("it ends in the middle");
    if (!found) return malformed("it has no graph");
    return parse_graph(*found);
}

}  // namespace agentic::embeddings

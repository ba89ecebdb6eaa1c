#include "embeddings/protobuf_reader.hpp"

namespace agentic::embeddings {
namespace {

constexpr unsigned kVarintBytesMax = 10;
constexpr std::uint64_t kFieldIdMax = (1U << 29) - 1;

}  // namespace

std::optional<WireField> ProtobufReader::next() {
    if (rest_.empty() || is_malformed_) return std::nullopt;
    auto field = read();
    is_malformed_ = !field;
    return field;
}

std::optional<WireField> ProtobufReader::read() {
    const auto tag = varint();
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > kFieldIdMax) return std::nullopt;
    WireField field{.id = static_cast<std::uint32_t>(*tag >> 3)};
    const auto with_bytes = [&](WireField::Kind kind, std::optional<std::uint64_t> size) -> std::optional<WireField> {
        const auto bytes = size ? take(*size) : std::nullopt;
        if (!bytes) return std::nullopt;
        field.kind = kind;
        field.bytes = *bytes;
        return field;
    };
    switch (*tag & 7) {
        case 0: {
            const auto number = varint();
            if (!number) return std::nullopt;
            field.number = *number;
            return field;
        }
        case 1: return with_bytes(WireField::Kind::fixed64, 8);
        case 2: return with_bytes(WireField::Kind::bytes, varint());
        case 5: return with_bytes(WireField::Kind::fixed32, 4);
        default: return std::nullopt;
    }
}

std::optional<std::uint64_t> ProtobufReader::varint() {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < kVarintBytesMax && i < rest_.size(); ++i) {
        const auto byte = static_cast<std::uint64_t>(rest_[i]);
        if (i + 1 == kVarintBytesMax && byte > 1) return std::nullopt;  // more than 64 bits
        value |= (byte & 0x7F) << (7 * i);
        if ((byte & 0x80) == 0) {
            rest_ = rest_.subspan(i + 1);
            return value;
        }
    }
    return std::nullopt;
}

std::optional<std::span<const std::byte>> ProtobufReader::take(std::uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const auto out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
}

}  // namespace agentic::embeddings

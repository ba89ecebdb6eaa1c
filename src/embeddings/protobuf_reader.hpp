#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace agentic::embeddings {

/// One field of a message in the wire format of Protocol Buffers.
struct WireField {
    enum class Kind : std::uint8_t { number, bytes, fixed32, fixed64 };

    std::uint32_t id = 0;
    Kind kind = Kind::number;
    std::uint64_t number = 0;            // of `number`
    std::span<const std::byte> bytes;    // of the others: they lie in the message

    bool is(std::uint32_t wanted, Kind of_kind) const { return id == wanted && kind == of_kind; }
    std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

/// The fields of a message in the order of its bytes, which are untrusted: nothing behind their end is read. Groups, which nobody writes any more, are malformed.
class ProtobufReader {
public:
    explicit ProtobufReader(std::span<const std::byte> message) : rest_(message) {}

    /// nullopt at the end, and from the first malformed field on.
    std::optional<WireField> next();
    bool is_malformed() const { return is_malformed_; }

private:
    std::optional<std::uint64_t> varint();
    std::optional<std::span<const std::byte>> take(std::uint64_t size);
    std::optional<WireField> read();

    std::span<const std::byte> rest_;
    bool is_malformed_ = false;
};

}  // namespace agentic::embeddings

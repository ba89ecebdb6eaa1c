#include "embeddings/safetensors.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstring>
#include <format>
#include <optional>

namespace agentic::embeddings {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxHeader = 16 << 20;
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxDimensions = 8;

std::unexpected<Error> malformed(std::string_view why) { return fail(ErrorCode::bad_request, std::format("The safetensors file is malformed: {}", why)); }

std::optional<std::size_t> size_of_type(std::string_view type) {
    if (type == "F64" || type == "I64" || type == "U64") return 8;
    if (type == "F32" || type == "I32" || type == "U32") return 4;
    if (type == "F16" || type == "BF16" || type == "I16" || type == "U16") return 2;
    if (type == "I8" || type == "U8" || type == "BOOL" || type == "F8_E4M3" || type == "F8_E5M2") return 1;
    return std::nullopt;
}

DataType data_type(std::string_view type) {
    if (type == "F32") return DataType::f32;
    if (type == "F16") return DataType::f16;
    return type == "BF16" ? DataType::bf16 : DataType::other;
}

std::optional<std::size_t> whole_number(const json::value& value) {
    if (const auto* number = value.if_int64(); number != nullptr && *number >= 0) return static_cast<std::size_t>(*number);
    if (const auto* number = value.if_uint64()) return static_cast<std::size_t>(*number);
    return std::nullopt;
}

std::optional<std::vector<std::size_t>> whole_numbers(const json::value* value) {
    const auto* array = value == nullptr ? nullptr : value->if_array();
    if (array == nullptr || array->size() > kMaxDimensions) return std::nullopt;
    std::vector<std::size_t> out;
    for (const auto& item : *array) {
        const auto number = whole_number(item);
        if (!number) return std::nullopt;
        out.push_back(*number);
    }
    return out;
}

Result<TensorEntry> parse_entry(const json::value& value, std::size_t data_size) {
    const auto* object = value.if_object();
    const auto* type = object == nullptr ? nullptr : object->if_contains("dtype");
    const auto* name = type == nullptr ? nullptr : type->if_string();
    if (name == nullptr || object->size() != 3) return malformed("a tensor needs dtype, shape and data_offsets");
    const auto width = size_of_type(*name);
    if (!width) return malformed("unknown dtype");
    auto shape = whole_numbers(object->if_contains("shape"));
    const auto offsets = whole_numbers(object->if_contains("data_offsets"));
    if (!shape || !offsets || offsets->size() != 2) return malformed("shape and data_offsets are lists of whole numbers");
    const auto [begin, end] = std::pair{(*offsets)[0], (*offsets)[1]};
    if (begin > end || end > data_size) return malformed("a tensor lies outside the data");
    std::size_t bytes = *width;
    for (const auto length : *shape) {
        if (__builtin_mul_overflow(bytes, length, &bytes)) return malformed("a shape is too large");
    }
    if (bytes != end - begin) return malformed("a tensor's shape and data_offsets disagree");
    return TensorEntry{data_type(*name), std::move(*shape), begin, end};
}

Result<void> check_coverage(const TensorIndex& index, std::size_t data_size) {
    std::vector<std::pair<std::size_t, std::size_t>> ranges;
    for (const auto& [name, entry] : index.tensors) ranges.emplace_back(entry.begin, entry.end);
    std::ranges::sort(ranges);
    std::size_t at = 0;
    for (const auto& [begin, end] : ranges) {
        if (begin != at) return malformed(begin < at ? "tensors overlap" : "there is a hole between tensors");
        at = end;
    }
    return at == data_size ? Result<void>() : malformed("there is data behind the last tensor");
}

}  // namespace

Result<TensorIndex> parse_safetensors(std::span<const std::byte> file) {
    std::uint64_t header_size = 0;
    if (file.size() < sizeof header_size) return malformed("it is too short");
    std::memcpy(&header_size, file.data(), sizeof header_size);
    if (header_size > kMaxHeader || header_size > file.size() - sizeof header_size) return malformed("the header's length is wrong");
    const std::string_view text(reinterpret_cast<const char*>(file.data()) + sizeof header_size, header_size);
    boost::system::error_code error;
    const auto header = json::parse(text, error, {}, {.max_depth = 8});
    if (error || !header.is_object()) return malformed("the header is not a JSON object");
    if (header.get_object().size() > kMaxTensors) return malformed("too many tensors");
    TensorIndex index{.data_begin = sizeof header_size + header_size};
    const auto data_size = file.size() - index.data_begin;
    for (const auto& [name, value] : header.get_object()) {
        if (name == "__metadata__") continue;
        AGENTIC_TRY(auto entry, parse_entry(value, data_size));
        index.tensors.emplace(std::string(name), std::move(entry));
    }
    AGENTIC_CHECK(check_coverage(index, data_size));
    return index;
}

Result<Safetensors> Safetensors::open(const std::filesystem::path& path) {
    AGENTIC_TRY(auto file, MappedFile::open(path));
    AGENTIC_TRY(auto index, parse_safetensors(file.bytes()));
    return Safetensors(std::move(file), std::move(index));
}

std::vector<std::string_view> Safetensors::names() const {
    std::vector<std::string_view> out;
    for (const auto& [name, entry] : index_.tensors) out.push_back(name);
    return out;
}

Result<Floats> Safetensors::floats(std::string_view name, std::span<const std::size_t> shape) const {
    const auto found = index_.tensors.find(name);
    if (found == index_.tensors.end()) return fail(ErrorCode::bad_request, std::format("The model has no tensor {}", name));
    const auto& entry = found->second;
    if (!std::ranges::equal(entry.shape, shape)) return fail(ErrorCode::bad_request, std::format("The tensor {} has not the shape that config.json implies", name));
    if (entry.type == DataType::other) return fail(ErrorCode::bad_request, std::format("The tensor {} is not of type F32, F16 or BF16", name));
    const auto bytes = file_.bytes().subspan(index_.data_begin + entry.begin, entry.end - entry.begin);
    return floats_of(bytes, entry.type);
}

}  // namespace agentic::embeddings

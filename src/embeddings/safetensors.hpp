#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "embeddings/mapped_file.hpp"
#include "embeddings/weight_source.hpp"

namespace agentic::embeddings {

/// One entry of the header: its bytes are [begin, end) of the data that follow the header.
struct TensorEntry {
    DataType type = DataType::other;
    std::vector<std::size_t> shape;
    std::size_t begin = 0, end = 0;
};

struct TensorIndex {
    std::map<std::string, TensorEntry, std::less<>> tensors;
    std::size_t data_begin = 0;  // in the file
};

/// Reads the header of a safetensors file (8 bytes length, JSON, data) as untrusted input: every tensor lies inside the data, fits its shape and type, and
/// none overlap; together they fill the data exactly. Fails with `bad_request` and the reason.
Result<TensorIndex> parse_safetensors(std::span<const std::byte> file);

/// The tensors of one file.
class Safetensors final : public WeightSource {
public:
    static Result<Safetensors> open(const std::filesystem::path& path);

    std::vector<std::string_view> names() const override;
    Result<Floats> floats(std::string_view name, std::span<const std::size_t> shape) const override;

private:
    Safetensors(MappedFile file, TensorIndex index) : file_(std::move(file)), index_(std::move(index)) {}

    MappedFile file_;
    TensorIndex index_;
};

}  // namespace agentic::embeddings

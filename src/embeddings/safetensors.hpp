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

namespace agentic::embeddings {

enum class DataType : std::uint8_t { f32, f16, bf16, other };

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

/// Floats of a tensor: a view of the mapped file where that is possible, else converted.
class Floats {
public:
    Floats() = default;
    explicit Floats(std::vector<float> values) : own_(std::move(values)), view_(own_) {}
    explicit Floats(std::span<const float> view) : view_(view) {}
    Floats(Floats&&) noexcept = default;  // a moved vector keeps its buffer
    Floats& operator=(Floats&&) noexcept = default;

    const float* data() const { return view_.data(); }
    std::size_t size() const { return view_.size(); }
    float operator[](std::size_t i) const { return view_[i]; }
    std::span<const float> span() const { return view_; }

private:
    std::vector<float> own_;
    std::span<const float> view_;
};

/// The tensors of one file. Must outlive the Floats taken from it.
class Safetensors {
public:
    static Result<Safetensors> open(const std::filesystem::path& path);

    bool contains(std::string_view name) const { return index_.tensors.contains(name); }
    /// `bad_request` when it is missing, has another shape, or is not of a floating-point type.
    Result<Floats> floats(std::string_view name, std::span<const std::size_t> shape) const;

private:
    Safetensors(MappedFile file, TensorIndex index) : file_(std::move(file)), index_(std::move(index)) {}

    MappedFile file_;
    TensorIndex index_;
};

}  // namespace agentic::embeddings

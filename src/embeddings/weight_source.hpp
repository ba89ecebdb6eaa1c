#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace agentic::embeddings {

enum class DataType : std::uint8_t { f32, f16, bf16, other };

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

/// The bytes of a tensor as floats; they stay where they are when they are aligned F32. `type` is not `other`.
Floats floats_of(std::span<const std::byte> bytes, DataType type);

/// The weights of a model under the names that PyTorch gives them, whatever kind of file holds them. Must outlive the Floats taken from it.
class WeightSource {
public:
    virtual ~WeightSource() = default;
    virtual std::vector<std::string_view> names() const = 0;
    /// In PyTorch's layout, so a linear layer has [outputs][inputs]. `bad_request` when it is missing, has another shape, or is not of a floating-point type.
    virtual Result<Floats> floats(std::string_view name, std::span<const std::size_t> shape) const = 0;
};

/// What stands before `name` in the shortest name of the source that is it or ends with it behind a dot: models that are part of another one carry its name first.
/// Empty when there is none.
std::string prefix_of(const WeightSource& source, std::string_view name);

/// The file of a model directory that its weights are read from: model.safetensors, else model.onnx, else onnx/model.onnx. Empty when there is none.
std::filesystem::path weights_file(const std::filesystem::path& directory);

/// Opens that file. Fails with `not_found` when there is none, and with `bad_request` and the reason.
Result<std::unique_ptr<WeightSource>> open_weights(const std::filesystem::path& directory);

}  // namespace agentic::embeddings

#include "embeddings/weight_source.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <format>
#include <system_error>

#include "embeddings/onnx_weights.hpp"
#include "embeddings/safetensors.hpp"

static_assert(std::endian::native == std::endian::little, "weights are little-endian numbers, which are mapped as they are");

namespace agentic::embeddings {
namespace {

constexpr std::string_view kOnnxFiles[] = {"model.onnx", "onnx/model.onnx"};

float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16, exponent = half >> 10 & 0x1F, mantissa = half & 0x3FF;
    if (exponent == 0) {
        const float value = static_cast<float>(mantissa) * 0x1p-24F;
        return sign != 0 ? -value : value;
    }
    const std::uint32_t wide = exponent == 0x1F ? 0xFFU : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

std::vector<float> widen(std::span<const std::byte> bytes, DataType type) {
    std::vector<float> out(bytes.size() / (type == DataType::f32 ? 4 : 2));
    if (type == DataType::f32) {
        std::memcpy(out.data(), bytes.data(), bytes.size());
        return out;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::uint16_t half;
        std::memcpy(&half, bytes.data() + 2 * i, 2);
        out[i] = type == DataType::bf16 ? std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16) : half_to_float(half);
    }
    return out;
}

template <class File>
Result<std::unique_ptr<WeightSource>> opened(const std::filesystem::path& path) {
    return File::open(path).transform([](File file) -> std::unique_ptr<WeightSource> { return std::make_unique<File>(std::move(file)); });
}

}  // namespace

Floats floats_of(std::span<const std::byte> bytes, DataType type) {
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0;
    if (type == DataType::f32 && is_aligned) return Floats(std::span(reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)));
    return Floats(widen(bytes, type));
}

std::string prefix_of(const WeightSource& source, std::string_view name) {
    std::string_view best;
    for (const auto candidate : source.names()) {
        const auto prefix = candidate.substr(0, candidate.size() - std::min(candidate.size(), name.size()));
        if (!candidate.ends_with(name) || (!prefix.empty() && !prefix.ends_with('.'))) continue;
        if (prefix.empty()) return {};
        if (best.empty() || prefix.size() < best.size()) best = prefix;
    }
    return std::string(best);
}

std::filesystem::path weights_file(const std::filesystem::path& directory) {
    std::error_code error;
    if (std::filesystem::exists(directory / "model.safetensors", error)) return directory / "model.safetensors";
    for (const auto name : kOnnxFiles) {
        if (std::filesystem::exists(directory / name, error)) return directory / name;
    }
    return {};
}

Result<std::unique_ptr<WeightSource>> open_weights(const std::filesystem::path& directory) {
    const auto path = weights_file(directory);
    if (path.empty()) return fail(ErrorCode::not_found, std::format("{} has no weights: neither model.safetensors nor model.onnx nor onnx/model.onnx", directory.string()));
    return path.extension() == ".onnx" ? opened<OnnxWeights>(path) : opened<Safetensors>(path);
}

}  // namespace agentic::embeddings

#include "embeddings/fingerprint.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

#include "core/encoding.hpp"
#include "embeddings/mapped_file.hpp"
#include "embeddings/weight_source.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kWholeMax = 1U << 20;
constexpr std::size_t kSamples = 16;
constexpr std::size_t kSampleBytes = 64U << 10;

constexpr std::string_view kOthers[] = {"config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "sentence_bert_config.json", "1_Pooling/config.json"};

class Sha256 {
public:
    Sha256() { require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1); }
    void add(const void* data, std::size_t size) { require(EVP_DigestUpdate(context_.get(), data, size) == 1); }
    void add(std::string_view text) { add(text.data(), text.size()); }
    std::string hex() {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int size = 0;
        require(EVP_DigestFinal_ex(context_.get(), digest, &size) == 1);
        return hex_encode({reinterpret_cast<const char*>(digest), size});
    }

private:
    static void require(bool worked) {
        if (!worked) throw std::runtime_error("SHA-256 failed");
    }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

void add_samples(Sha256& hash, std::span<const std::byte> bytes) {
    if (bytes.size() <= kWholeMax) return hash.add(bytes.data(), bytes.size());
    const auto last = bytes.size() - kSampleBytes;
    for (std::size_t i = 0; i < kSamples; ++i) hash.add(bytes.data() + last * i / (kSamples - 1), kSampleBytes);
}

void add_file(Sha256& hash, std::string_view name, std::span<const std::byte> bytes) {
    const std::uint64_t size = bytes.size();
    hash.add(name);
    hash.add(&size, sizeof size);
    add_samples(hash, bytes);
}

}  // namespace

Result<std::string> fingerprint_of(const std::filesystem::path& directory) {
    Sha256 hash;
    const auto path = weights_file(directory);
    AGENTIC_TRY(const auto weights, MappedFile::open(path.empty() ? directory / "model.safetensors" : path));
    add_file(hash, path.filename().string(), weights.bytes());
    for (const auto name : kOthers) {
        if (const auto file = MappedFile::open(directory / name)) add_file(hash, name, file->bytes());
    }
    return hash.hex();
}

}  // namespace agentic::embeddings

#include "embeddings/model_store.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <format>
#include <memory>
#include <system_error>

#include "core/encoding.hpp"
#include "core/random.hpp"
#include "embeddings/byte_pairs.hpp"
#include "embeddings/cross_encoder.hpp"
#include "embeddings/mapped_file.hpp"
#include "embeddings/model_table.hpp"

namespace agentic::embeddings {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelFiles[] = {"config.json",  "tokenizer.json", "vocab.txt",         "tokenizer_config.json", "special_tokens_map.json",
                                            "modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "cl100k_base.tiktoken"};

Result<std::string> sha256_of(const fs::path& path) {
    AGENTIC_TRY(const auto file, MappedFile::open(path));
    unsigned char digest[32];
    unsigned int size = 0;
    if (EVP_Digest(file.bytes().data(), file.bytes().size(), digest, &size, EVP_sha256(), nullptr) != 1) return fail(ErrorCode::internal_error, "SHA-256 failed");
    return hex_encode({reinterpret_cast<const char*>(digest), size});
}

Result<void> verify_pins(const KnownModel& model, const fs::path& directory) {
    std::error_code error;
    for (const auto& [name, sha256] : model.files) {
        if (!fs::exists(directory / name, error)) {
            return fail(ErrorCode::bad_request, std::format("{} has no {}, which belongs to {}: install other files of the model under a name of their own", directory.string(), name, model.name));
        }
        AGENTIC_TRY(const auto found, sha256_of(directory / name));
        if (found != sha256) return fail(ErrorCode::bad_request, std::format("{} is not the file that belongs to {}: its SHA-256 is {}", (directory / name).string(), model.name, found));
    }
    return {};
}

Result<void> copy_files(const fs::path& source, const fs::path& target) {
    std::error_code error;
    std::vector<fs::path> names(std::begin(kModelFiles), std::end(kModelFiles));
    if (const auto weights = weights_file(source); !weights.empty()) names.push_back(weights.lexically_relative(source));
    for (const auto& name : names) {
        if (!fs::is_regular_file(source / name, error)) continue;
        fs::create_directories((target / name).parent_path(), error);
        if (!error) fs::copy_file(source / name, target / name, error);
        if (error) return fail(ErrorCode::storage_full, std::format("{} cannot be copied: {}", (source / name).string(), error.message()));
    }
    return {};
}

bool is_vocabulary(const KnownModel* known) { return known != nullptr && known->kind == ModelKind::vocabulary; }

// The file without which a directory is none of this model.
std::string_view main_file(const KnownModel* known) { return is_vocabulary(known) ? known->files.front().name : "config.json"; }

std::string_view origin_of(ModelKind kind) {
    switch (kind) {
        case ModelKind::openai: return "openai";
        case ModelKind::vocabulary: return "vocabulary";
        case ModelKind::local: break;
    }
    return "local";
}

/// The file with the weights, below `directory`.
std::string weights_name(const fs::path& directory) {
    const auto file = directory.empty() ? fs::path() : weights_file(directory);
    return file.empty() ? std::string() : file.lexically_relative(directory).string();
}

/// A new directory that is removed unless it was kept.
class Staging {
public:
    explicit Staging(const fs::path& folder) : path_(folder / (".installing-" + random_token(9))) {}
    ~Staging() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

}  // namespace

Result<void> verify_model_directory(std::string_view name, const fs::path& directory) {
    const auto* known = known_model(name);
    if (known != nullptr) AGENTIC_CHECK(verify_pins(*known, directory));
    if (is_vocabulary(known)) return read_ranks(directory / main_file(known)).transform([](const auto&) {});
    AGENTIC_TRY(const auto config, read_model_config(directory));
    AGENTIC_TRY(const auto tokenizer, read_wordpiece(directory));
    if (known != nullptr && config.labels > 0) return fail(ErrorCode::bad_request, std::format("config.json: {} gives vectors, this model gives scores", name));
    if (known != nullptr && config.hidden != known->dimensions) return fail(ErrorCode::bad_request, std::format("{} has {} dimensions, not {}", name, config.hidden, known->dimensions));
    if (tokenizer.pieces.size() > config.vocabulary) return fail(ErrorCode::bad_request, std::format("{}: the tokenizer knows more tokens than the model", name));
    const auto nothing = [](const auto&) {};
    if (config.labels > 0) return CrossEncoder::load(directory, config, Precision::fp32).transform(nothing);
    return Encoder::load(directory, config, Precision::fp32).transform(nothing);
}

fs::path ModelStore::find(std::string_view name) const {
    std::error_code error;
    if (!is_model_name(name)) return {};
    for (const auto& folder : folders_) {
        if (fs::is_regular_file(folder / name / main_file(known_model(name)), error)) return folder / name;
    }
    return {};
}

std::vector<StoredModel> ModelStore::list() const {
    std::vector<StoredModel> out;
    for (const auto& model : known_models()) {
        const auto directory = model.kind == ModelKind::openai ? fs::path() : find(model.name);
        out.push_back({std::string(model.name), directory, model.dimensions, std::string(origin_of(model.kind)), weights_name(directory)});
    }
    for (const auto& folder : folders_) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            const auto name = entry.path().filename().string();
            if (std::ranges::contains(out, name, &StoredModel::name) || find(name) != entry.path()) continue;
            const auto config = read_model_config(entry.path()).value_or(ModelConfig{});
            out.push_back({name, entry.path(), config.labels == 0 ? config.hidden : 0, "local", weights_name(entry.path()), config.labels > 0});
        }
    }
    std::ranges::sort(out, {}, &StoredModel::name);
    return out;
}

Result<void> ModelStore::verify(std::string_view name) const {
    const auto directory = find(name);
    if (directory.empty()) return fail(ErrorCode::not_found, std::format("{} is not installed", name));
    return verify_model_directory(name, directory);
}

Result<fs::path> ModelStore::install(std::string_view name, const fs::path& source) const {
    if (!is_model_name(name)) return fail(ErrorCode::bad_request, "A model's name has letters, digits, '.', '_' and '-' only");
    const auto target = folders_.front() / name;
    std::error_code error;
    fs::create_directories(folders_.front(), error);
    const Staging staging(folders_.front()), old(folders_.front());
    AGENTIC_CHECK(copy_files(source, staging.path()));
    AGENTIC_CHECK(verify_model_directory(name, staging.path()));
    fs::rename(target, old.path(), error);  // fails when there is none
    fs::rename(staging.path(), target, error);
    if (error) return fail(ErrorCode::storage_full, std::format("{} cannot be written: {}", target.string(), error.message()));
    return target;
}

}  // namespace agentic::embeddings

#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace agentic::embeddings {

/// One line of `agentic models list`.
struct StoredModel {
    std::string name;
    std::filesystem::path directory;  // empty: not installed
    std::size_t dimensions = 0;       // 0: unknown
    std::string origin;               // "local", "openai" or "vocabulary"
    std::string weights;              // the file they are in, below the directory; empty: not installed, or not there
    bool is_reranker = false;         // gives scores, not vectors
};

/// The model directories below `folders`, where each model has one named after it; the first folder that has it wins.
class ModelStore {
public:
    explicit ModelStore(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}

    /// Where a model is; empty when it is not installed. Reads no more than one directory entry a folder.
    std::filesystem::path find(std::string_view name) const;
    /// Known models and others that are installed, by name.
    std::vector<StoredModel> list() const;
    /// Reads all of an installed model: pinned hashes, configuration, tokenizer, weights. Fails with `not_found` or `bad_request` and the reason.
    Result<void> verify(std::string_view name) const;
    /// Copies the files of a model from `source` (of several weights those that would be read) into the first folder, verifies the copy and only then gives it its name, replacing what was there. Returns
    /// its directory.
    Result<std::filesystem::path> install(std::string_view name, const std::filesystem::path& source) const;

private:
    std::vector<std::filesystem::path> folders_;
};

/// Verifies the model files in `directory`, which is to serve as the model `name`.
Result<void> verify_model_directory(std::string_view name, const std::filesystem::path& directory);

}  // namespace agentic::embeddings

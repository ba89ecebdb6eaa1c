#pragma once
#include <filesystem>
#include <string>

#include "core/error.hpp"

namespace agentic::embeddings {

/// A hash, in hex, that differs for model directories whose vectors differ: over the small files, and over the size and samples of the large ones, so that it
/// costs about a millisecond. `not_found` when the weights are missing.
Result<std::string> fingerprint_of(const std::filesystem::path& directory);

}  // namespace agentic::embeddings

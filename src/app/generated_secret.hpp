#pragma once
#include <filesystem>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace agentic::app {

/// The secret of that name in the data directory, made (32 random bytes, base64url, mode 0600) when it does not exist yet. Processes that start
/// together agree on one. Fails with `internal_error` when the file cannot be made or read, or others may read it.
Result<Secret> generated_secret(const std::filesystem::path& data_dir, std::string_view name);

/// Makes the data directory, mode 0700, when it is missing.
Result<void> make_data_dir(const std::filesystem::path& data_dir);

}  // namespace agentic::app

#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "async/types.hpp"
#include "async/work_pool.hpp"
#include "core/error.hpp"

namespace agentic::services {

/// The uploaded files, each under a random name in one directory of the server's own; a name never comes from a client. What `adopt` and `put` have answered
/// survives a power cut. Processes that share a database must share the directory. Fails with `storage_full` or `internal_error`.
class BlobStore {
public:
    /// `files`: where blocking calls run. Makes the directory, mode 0700; throws std::filesystem::filesystem_error when that fails.
    BlobStore(std::filesystem::path directory, async::WorkPool& files);

    /// Takes over a file on the same file system; answers its name here.
    Task<std::string> adopt(std::string path);
    Task<std::string> put(std::string bytes);
    /// Missing files are fine.
    Task<> remove(std::string name);
    /// The whole file; fails with `not_found`, and with `payload_too_large` beyond `limit` bytes.
    Task<std::string> read(std::string name, std::size_t limit);

    std::filesystem::path path_of(std::string_view name) const;

    /// The names of files that nobody has touched for an hour.
    Task<std::vector<std::string>> idle_names();

private:
    std::filesystem::path directory_;
    async::WorkPool& files_;
};

}  // namespace agentic::services

#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

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
    /// At most `size` bytes from `offset` on; empty at the end. Fails with `not_found`.
    Task<std::string> read_piece(std::string name, std::uint64_t offset, std::size_t size);

    std::filesystem::path path_of(std::string_view name) const;

    /// The names of files that nobody has touched for an hour.
    Task<std::vector<std::string>> idle_names();

private:
    std::filesystem::path directory_;
    async::WorkPool& files_;
};

}  // namespace agentic::services

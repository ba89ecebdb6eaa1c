#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/descriptor.hpp"
#include "async/types.hpp"
#include "async/work_pool.hpp"
#include "core/error.hpp"

namespace agentic::services {

/// A file of the store, which can be read to its end whatever becomes of its name.
class BlobReader {
public:
    BlobReader(async::Descriptor file, std::uint64_t size, async::WorkPool& files) : file_(std::move(file)), size_(size), files_(files) {}

    /// When it was opened; files do not change.
    std::uint64_t size() const { return size_; }
    /// At most `bytes_max` bytes from `offset` on; empty at the end. Fails with `internal_error`.
    Task<std::string> read(std::uint64_t offset, std::size_t bytes_max);

private:
    const async::Descriptor file_;
    const std::uint64_t size_;
    async::WorkPool& files_;
};

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
    /// Fails with `not_found`. The store outlives the reader.
    Task<std::unique_ptr<BlobReader>> open(std::string name);

    std::filesystem::path path_of(std::string_view name) const;

    /// The names of files that nobody has touched for an hour.
    Task<std::vector<std::string>> idle_names();

private:
    std::filesystem::path directory_;
    async::WorkPool& files_;
};

}  // namespace agentic::services

#include "services/knowledge/blob_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "async/offload.hpp"
#include "core/fault.hpp"
#include "core/random.hpp"

namespace agentic::services {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytes = 24;
constexpr std::chrono::hours kIdle{1};

std::unexpected<Error> storage_failure(std::string_view operation, int error) {
    const bool is_full = error == ENOSPC || error == EDQUOT;
    return fail(is_full ? ErrorCode::storage_full : ErrorCode::internal_error, is_full ? "The server has no room for this file" : "The file could not be stored",
                std::string(operation) + ": " + std::strerror(error));
}

async::Descriptor open_file(const fs::path& path, int flags) { return async::Descriptor(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)); }

Result<void> sync(const fs::path& path, int flags) {
    const auto file = open_file(path, flags);
    if (file.get() < 0) return storage_failure("open", errno);
    if (::fsync(file.get()) != 0) return storage_failure("fsync", errno);
    return {};
}

Result<std::string> adopt_file(const fs::path& directory, const std::string& path) {
    auto name = random_token(kNameBytes);
    AGENTIC_CHECK(sync(path, O_RDONLY));
    if (::rename(path.c_str(), (directory / name).c_str()) != 0) return storage_failure("rename", errno);
    AGENTIC_CHECK(sync(directory, O_RDONLY | O_DIRECTORY));
    return name;
}

Result<std::string> put_bytes(const fs::path& directory, std::string_view bytes) {
    auto name = random_token(kNameBytes);
    {
        const auto file = open_file(directory / name, O_WRONLY | O_CREAT | O_EXCL);
        if (file.get() < 0) return storage_failure("open", errno);
        while (!bytes.empty()) {
            const auto n = ::write(file.get(), bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return storage_failure("write", errno);
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        if (::fsync(file.get()) != 0) return storage_failure("fsync", errno);
    }
    AGENTIC_CHECK(sync(directory, O_RDONLY | O_DIRECTORY));
    return name;
}

Result<std::unique_ptr<BlobReader>> open_blob(const fs::path& path, async::WorkPool& files) {
    auto file = open_file(path, O_RDONLY);
    if (file.get() < 0) return fail_not_found("File");
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return storage_failure("fstat", errno);
    return std::make_unique<BlobReader>(std::move(file), static_cast<std::uint64_t>(status.st_size), files);
}

Result<std::string> read_some(int file, std::uint64_t offset, std::size_t bytes_max) {
    std::string bytes(bytes_max, '\0');
    const auto n = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) return storage_failure("read", errno);
    bytes.resize(static_cast<std::size_t>(n));
    return bytes;
}

}  // namespace

BlobStore::BlobStore(fs::path directory, async::WorkPool& files) : directory_(std::move(directory)), files_(files) {
    fs::create_directories(directory_);
    fs::permissions(directory_, fs::perms::owner_all);
}

fs::path BlobStore::path_of(std::string_view name) const { return directory_ / name; }

Task<std::string> BlobStore::adopt(std::string path) {
    AGENTIC_CO_TRY(auto name, co_await async::offload(files_, [this, &path] { return adopt_file(directory_, path); }));
    fault::point("blob.stored");
    co_return name;
}

Task<std::string> BlobStore::put(std::string bytes) {
    AGENTIC_CO_TRY(auto name, co_await async::offload(files_, [this, &bytes] { return put_bytes(directory_, bytes); }));
    fault::point("blob.stored");
    co_return name;
}

Task<> BlobStore::remove(std::string name) {
    AGENTIC_CO_CHECK(co_await async::offload(files_, [this, &name] {
        std::error_code ignored;
        fs::remove(path_of(name), ignored);
    }));
    co_return Result<void>{};
}

Task<std::unique_ptr<BlobReader>> BlobStore::open(std::string name) {
    AGENTIC_CO_TRY(auto opened, co_await async::offload(files_, [this, &name] { return open_blob(path_of(name), files_); }));
    co_return opened;
}

Task<std::string> BlobReader::read(std::uint64_t offset, std::size_t bytes_max) {
    AGENTIC_CO_TRY(auto bytes, co_await async::offload(files_, [this, offset, bytes_max] { return read_some(file_.get(), offset, bytes_max); }));
    co_return bytes;
}

Task<std::vector<std::string>> BlobStore::idle_names() {
    co_return co_await async::offload(files_, [this] {
        std::vector<std::string> names;
        std::error_code error;
        const auto limit = fs::file_time_type::clock::now() - kIdle;
        for (fs::directory_iterator entry(directory_, error), end; !error && entry != end; entry.increment(error)) {
            std::error_code ignored;
            if (entry->is_regular_file(ignored) && entry->last_write_time(ignored) < limit && !ignored) names.push_back(entry->path().filename().string());
        }
        return names;
    });
}

}  // namespace agentic::services

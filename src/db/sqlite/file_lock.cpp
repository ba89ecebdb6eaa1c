#include "db/sqlite/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace agentic::db::sqlite {
namespace {

std::string holder_of(int descriptor) {
    std::array<char, 32> text{};
    const auto size = ::pread(descriptor, text.data(), text.size(), 0);
    return size > 0 ? "process " + std::string(text.data(), static_cast<std::size_t>(size)) : "another process";
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& database) {
    const auto path = database.string() + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        const auto why = std::generic_category().message(errno);
        return fail(ErrorCode::unavailable, "The database directory is not usable", "cannot open " + path + ": " + why);
    }
    FileLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const auto message = "The database " + database.string() + " is in use by " + holder_of(descriptor) + "; one process owns it at a time";
        return fail(ErrorCode::unavailable, message, message);
    }
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, pid.data(), pid.size(), 0) < 0) {
        // Only the message of the next process suffers: it cannot name us.
    }
    return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace agentic::db::sqlite

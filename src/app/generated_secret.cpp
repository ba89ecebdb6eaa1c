#include "app/generated_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <string>
#include <utility>

#include "core/random.hpp"

namespace agentic::app {
namespace {

class File {
public:
    File(const std::filesystem::path& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd_ >= 0) close(fd_);
    }
    int fd() const { return fd_; }

private:
    int fd_;
};

std::unexpected<Error> file_failure(std::string_view what, const std::filesystem::path& path) {
    return fail(ErrorCode::internal_error, std::format("Cannot {} {}: {}", what, path.string(), std::strerror(errno)));
}

Result<Secret> read_secret(const std::filesystem::path& path) {
    const File file(path, O_RDONLY);
    struct stat status {};
    std::array<char, 256> text{};
    if (file.fd() < 0 || fstat(file.fd(), &status) != 0) return file_failure("read", path);
    if ((status.st_mode & 0077) != 0) {
        return fail(ErrorCode::internal_error, std::format("{} can be read by others; make it private with: chmod 600 {}", path.string(), path.string()));
    }
    const auto size = read(file.fd(), text.data(), text.size());
    if (size < 32) return fail(ErrorCode::internal_error, std::format("{} is damaged: it holds less than 32 characters", path.string()));
    return Secret(std::string(text.data(), static_cast<std::size_t>(size)));
}

Result<void> write_durably(const std::filesystem::path& path, std::string_view text) {
    const File file(path, O_WRONLY | O_CREAT | O_EXCL);
    const bool written = file.fd() >= 0 && write(file.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file.fd()) == 0;
    if (!written) return file_failure("write", path);
    return {};
}

}  // namespace

Result<void> make_data_dir(const std::filesystem::path& data_dir) {
    std::error_code error;
    if (std::filesystem::is_directory(data_dir, error)) return {};
    const auto parent = std::filesystem::absolute(data_dir, error).lexically_normal().parent_path();
    std::filesystem::create_directories(parent, error);
    if (error || (mkdir(data_dir.c_str(), 0700) != 0 && errno != EEXIST)) return file_failure("make the data directory", data_dir);
    return {};
}

Result<Secret> generated_secret(const std::filesystem::path& data_dir, std::string_view name) {
    const auto path = data_dir / name;
    if (access(path.c_str(), F_OK) == 0) return read_secret(path);
    // The whole file appears under its name at once: link() refuses when another process was faster, and then its secret is the one.
    const auto temporary = data_dir / std::format(".{}.{}", name, random_token(9));
    AGENTIC_CHECK(write_durably(temporary, random_token(32)));
    const bool linked = link(temporary.c_str(), path.c_str()) == 0;
    const int reason = errno;
    unlink(temporary.c_str());
    errno = reason;
    if (!linked && reason != EEXIST) return file_failure("make", path);
    if (const File directory(data_dir, O_RDONLY | O_DIRECTORY); directory.fd() < 0 || fsync(directory.fd()) != 0) return file_failure("sync", data_dir);
    return read_secret(path);
}

}  // namespace agentic::app

#include "embeddings/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <format>

namespace agentic::embeddings {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return fail(ErrorCode::not_found, std::format("{} cannot be opened: {}", path.string(), std::strerror(errno)));
    struct stat facts{};
    const bool is_file = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
    const auto size = is_file ? static_cast<std::size_t>(facts.st_size) : 0;
    void* data = size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0) : nullptr;
    ::close(file);
    if (!is_file) return fail(ErrorCode::bad_request, std::format("{} is not a file", path.string()));
    if (data == MAP_FAILED) return fail(ErrorCode::unavailable, std::format("{} cannot be mapped: {}", path.string(), std::strerror(errno)));
    return MappedFile(static_cast<const std::byte*>(data), size);
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace agentic::embeddings

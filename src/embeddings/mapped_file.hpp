#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

#include "core/error.hpp"

namespace agentic::embeddings {

/// A file's bytes, mapped read-only and private. The file must not be shortened meanwhile.
class MappedFile {
public:
    /// `not_found` when it cannot be opened; `bad_request` when it is no regular file.
    static Result<MappedFile> open(const std::filesystem::path& path);
    MappedFile(MappedFile&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    MappedFile& operator=(MappedFile&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~MappedFile();

    std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    MappedFile(const std::byte* data, std::size_t size) : data_(data), size_(size) {}

    const std::byte* data_;
    std::size_t size_;
};

}  // namespace agentic::embeddings

#pragma once
#include <filesystem>

#include "core/error.hpp"

namespace agentic::db::sqlite {

/// Exclusive ownership of a database file by this process, held on `<path>.lock`; the kernel drops it when the process dies.
class FileLock {
public:
    /// Fails with `unavailable`, naming the process that holds it.
    static Result<FileLock> acquire(const std::filesystem::path& database);

    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

}  // namespace agentic::db::sqlite

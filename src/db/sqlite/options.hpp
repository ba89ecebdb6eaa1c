#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace agentic::db::sqlite {

/// How the embedded database runs. The defaults are what production uses.
struct Options {
    std::filesystem::path path;
    /// Threads that read, each with a connection of its own; 0: one per hardware thread. Unused with inline_reads.
    std::size_t reader_threads = 0;
    /// Reads run on the calling I/O thread (a connection per thread) instead of hopping to a reader thread and back.
    bool inline_reads = false;
    /// Calls that may wait, for the writer and for the readers; beyond it they fail with `unavailable`.
    std::size_t queue_limit = 4096;
    /// How long a call may wait for its turn; then it fails with `unavailable`, too.
    std::chrono::milliseconds queue_timeout{10'000};
    std::chrono::milliseconds statement_timeout{10'000};
    std::chrono::milliseconds busy_timeout{5'000};
    /// Page cache of each connection, filled as it is used.
    int cache_kib = 4096;
    /// Pages of 4 KiB in the log at which it is copied into the database.
    int checkpoint_pages = 1000;

    /// `full` alone keeps every acknowledged write through a power cut; the others exist for the tests that prove it.
    enum class Synchronous : std::uint8_t { off, normal, full };
    Synchronous synchronous = Synchronous::full;
    /// Name of a registered SQLite VFS (tests inject faults through one); empty: the system's.
    std::string vfs;
    /// The bug that the durability tests must be able to catch: obeyed only by builds with AGENTIC_FAULTS, which a release is not.
    bool acknowledge_before_commit = false;
};

}  // namespace agentic::db::sqlite

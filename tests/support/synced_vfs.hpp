#pragma once
#include <filesystem>
#include <memory>
#include <set>
#include <string>

namespace agentic::test {

/// An SQLite VFS over the system's that remembers, for every file, what is only written and what has been synced: a disk that can lose power.
/// It also notes which threads wrote to the database and its log. One at a time; register it, name it in Options::vfs, and keep it until the
/// database is closed.
class SyncedVfs {
public:
    SyncedVfs();
    ~SyncedVfs();
    SyncedVfs(const SyncedVfs&) = delete;
    SyncedVfs& operator=(const SyncedVfs&) = delete;

    static constexpr const char* kName = "synced";

    /// What a disk holds after the power went now: every file as of its last sync. Writes them into `directory`.
    void power_cut(const std::filesystem::path& directory) const;

    /// Names of the threads that wrote to or truncated a database file or its log, since the last call.
    std::set<std::string> take_writers();
    /// How many writes they made, since the last call.
    std::size_t take_writes();

    /// From now on, every sync (or every write) fails with an I/O error, or every write reports a full disk, or syncs of the database (not of its log)
    /// do nothing; `none` heals the disk.
    enum class Fault { none, sync_fails, write_fails, disk_full, database_never_synced };
    void inject(Fault fault);

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace agentic::test

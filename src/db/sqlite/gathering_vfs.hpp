#pragma once
#include <memory>
#include <string>

struct sqlite3_vfs;

namespace agentic::db::sqlite {

/// An SQLite file layer in which a commit is one write. SQLite appends a commit to the write-ahead log in two small writes a page; here they gather
/// in memory and reach the file in one piece just before the sync that makes them durable. Every other file, and every other call, is passed on.
///
/// Right only with `synchronous=FULL`, where each commit is synced before other connections may read it, and only for the connection that writes.
/// After a write that failed, what was gathered is forgotten: a commit that was reported as failed cannot reach the disk later.
class GatheringVfs {
public:
    /// Above the VFS of that name; empty: the system's. Throws std::invalid_argument when there is none.
    explicit GatheringVfs(const std::string& below);
    /// After everything opened through it is closed.
    ~GatheringVfs();
    GatheringVfs(const GatheringVfs&) = delete;
    GatheringVfs& operator=(const GatheringVfs&) = delete;

    /// What sqlite3_open_v2 takes.
    const char* name() const { return name_.c_str(); }

private:
    std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace agentic::db::sqlite

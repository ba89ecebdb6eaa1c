#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "db/sqlite/connection.hpp"

namespace agentic::db::sqlite {

/// Copies the log into the database on a thread and a connection of its own, so that commits need not wait for it. Used by the writer's thread alone.
///
/// SQLite before 3.51.3 corrupts a database when a commit starts its log anew while a checkpoint begins ("WAL-reset bug", sqlite.org/wal.html#walresetbug).
/// The log is started anew only when all of it has been copied, and nobody but this class and its owner copies anything. Hence the rule for begin().
class Checkpointer {
public:
    static Result<std::unique_ptr<Checkpointer>> create(const Options& options);
    ~Checkpointer();  // waits for the one that runs

    /// Begins a checkpoint that waits for nobody. The log must hold a commit that is not in the database yet, and stay untouched by other checkpoints
    /// until this one's end was taken: then no commit can start the log anew before all that this one looks at is copied.
    void begin();

    /// True from begin() until its end was taken.
    bool has_begun() const { return begun_; }

    struct End {
        Result<void> result;
        int code = 0;  // SQLite's, extended
    };
    /// How it ended; nullopt while it runs.
    std::optional<End> take_end();
    /// Waits for it.
    End await_end();

private:
    explicit Checkpointer(std::unique_ptr<Connection> connection);
    void run();

    std::unique_ptr<Connection> connection_;
    bool begun_ = false;  // of the writer's thread
    std::mutex mutex_;
    std::condition_variable changed_;
    bool asked_ = false;
    bool closing_ = false;
    std::optional<End> end_;
    std::jthread thread_;  // last: joined before the rest dies
};

}  // namespace agentic::db::sqlite

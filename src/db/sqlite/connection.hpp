#pragma once
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "db/executor.hpp"
#include "db/sqlite/gathering_vfs.hpp"
#include "db/sqlite/options.hpp"
#include "db/tenant_fence.hpp"

struct sqlite3;

namespace agentic::db::sqlite {

class StatementCache;

/// What the fence needs to know of the schema, read once after the migrations.
struct FenceSchema {
    TenantTables tables;                                 // and views
    std::set<std::string, std::less<>> plain_tables;  // neither views nor virtual
};

/// One SQLite connection with its prepared statements; used by one thread at a time.
class Connection {
public:
    enum class Role : std::uint8_t { writer, checkpointer, reader };

    /// A writer creates a missing file, mode 0600.
    static Result<std::unique_ptr<Connection>> open(const Options& options, Role role);
    ~Connection();

    /// Reads which tables hold tenants' rows. Until a schema is set every statement is refused.
    FenceSchema read_fence_schema();
    void set_fence(std::shared_ptr<const FenceSchema> schema) { fence_ = std::move(schema); }

    /// Compiles a statement; throws std::logic_error when it is malformed or the fence refuses it.
    void check(const Statement& statement) { prepared(statement); }

    /// Runs the steps in order, without a transaction of their own. Throws std::logic_error for a fault in a statement or its use.
    Result<void> run(const Scope& scope, std::span<const Step> steps, std::span<Rows> out);

    /// BEGIN, COMMIT and their like: kept prepared, no rows. `sql` must be a literal.
    Result<void> control(const char* sql);

    /// True between BEGIN and COMMIT; SQLite leaves a transaction by itself when the disk is full or fails.
    bool in_transaction() const;
    /// Foreign keys that are checked at COMMIT and would fail there.
    bool has_deferred_violations() const;
    /// SQLite's code of the last failed call, extended.
    int last_code() const { return last_code_; }

    /// Pages in the WAL after the last commit of this connection; 0 when it has checkpointed since.
    int wal_pages() const { return wal_pages_; }
    enum class Checkpoint : std::uint8_t { passive, restart, truncate };
    Result<void> checkpoint(Checkpoint kind);

    sqlite3* handle() const { return handle_; }

private:
    struct Prepared;
    friend class StatementCache;

    Connection(const Options& options, Role role);
    Result<void> configure();
    Prepared& prepared(const Statement& statement);
    std::unique_ptr<Prepared> prepare(const Statement& statement);
    using Touched = std::set<std::pair<std::string, std::string>>;  // (table, the trigger or view it is used by)
    std::vector<int> fence(const Statement& statement, const Touched& touched, bool read_only) const;
    Result<Rows> run_one(const Scope& scope, const Step& step);
    Result<void> step_rows(Prepared& statement, const Statement& named, Rows& rows);
    void bind(Prepared& statement, const Statement& named, const Params& params);
    Error failure(int code, std::string_view during);
    static int on_authorize(void* self, int action, const char* first, const char* second, const char* schema, const char* via);

    Options options_;
    Role role_;
    std::unique_ptr<GatheringVfs> vfs_;  // a writer's
    sqlite3* handle_ = nullptr;
    std::shared_ptr<const FenceSchema> fence_;
    std::unique_ptr<StatementCache> cache_;
    Touched* touched_ = nullptr;  // while preparing
    std::chrono::steady_clock::time_point deadline_{};
    int last_code_ = 0;
    int wal_pages_ = 0;
};

}  // namespace agentic::db::sqlite

#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "db/executor.hpp"
#include "db/postgres/options.hpp"

namespace agentic::db::postgres {

class MarkReader;
class Pool;

/// PostgreSQL: a pool of pipelined connections for each I/O thread, made at that thread's first call. Opening it does not connect; `ping` does.
class Database final : public Executor {
public:
    explicit Database(Options options);
    /// Closes the connections. No call may be running; the io_contexts may be gone already.
    ~Database() override;

    Task<Rows> query(Scope scope, const Statement& statement, Params params) override;
    Task<std::vector<Rows>> batch(Scope scope, Batch steps) override;
    Task<std::vector<Rows>> read(Scope scope, Batch steps) override;
    Task<std::uint64_t> change_mark(TenantScope scope, std::string_view table) override;
    Task<> ping() override;
    Engine engine() const override { return Engine::postgres; }

private:
    Task<> run(Scope scope, std::span<const Step> steps, std::span<Rows> rows, bool writes);
    /// What this database keeps on the calling I/O thread.
    struct Parts {
        Pool* pool = nullptr;
        MarkReader* marks = nullptr;
    };
    Parts parts_of(IoExecutor executor);

    Options options_;
    const std::uint64_t serial_;
    std::mutex mutex_;
    std::vector<std::weak_ptr<Pool>> pools_;  // guarded by mutex_; each owned by its io_context
};

}  // namespace agentic::db::postgres

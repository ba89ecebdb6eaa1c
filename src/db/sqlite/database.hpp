#pragma once
#include <memory>

#include "db/executor.hpp"
#include "db/sqlite/options.hpp"

namespace agentic::db::sqlite {

class FileLock;
class Readers;
class Writer;
struct FenceSchema;
struct Job;

/// The embedded database: WAL, one writer thread with group commit, readers beside it. This process owns the file while it is open.
class Database final : public Executor {
public:
    /// Opens (and creates, mode 0600) the file. Run the migrations first: the tenant fence is read from the schema here.
    /// Fails with `unavailable` when another process owns the file or it cannot be opened.
    static Result<std::unique_ptr<Database>> open(Options options);
    /// Finishes what is queued, checkpoints, closes; the writer last. The io_contexts of the callers must still run.
    ~Database() override;

    Task<Rows> query(Scope scope, const Statement& statement, Params params) override;
    Task<std::vector<Rows>> batch(Scope scope, Batch steps) override;
    Task<std::vector<Rows>> read(Scope scope, Batch steps) override;
    Task<std::uint64_t> change_mark(TenantScope scope, std::string_view table) override;
    Task<> ping() override;
    Engine engine() const override { return Engine::sqlite; }

    /// Compiles a statement as its first run would, fence included; throws std::logic_error when it is refused. For the tests that prepare them all.
    void check(const Statement& statement);

private:
    Database();
    Task<std::vector<Rows>> run(Scope scope, Batch steps, bool writing);
    Task<> run_on_thread(Job& job, bool writing);

    Options options_;
    std::unique_ptr<FileLock> lock_;
    std::shared_ptr<const FenceSchema> fence_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<Readers> readers_;  // last: closed before the writer
};

}  // namespace agentic::db::sqlite

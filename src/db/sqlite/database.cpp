#include "db/sqlite/database.hpp"

#include <algorithm>
#include <stdexcept>

#include "db/params.hpp"
#include "db/sqlite/connection.hpp"
#include "db/sqlite/file_lock.hpp"
#include "db/sqlite/readers.hpp"
#include "db/sqlite/writer.hpp"

namespace agentic::db::sqlite {
namespace {

const Statement kPing{.name = "ping", .sqlite = "SELECT 1 AS one", .postgres = "SELECT 1 AS one"};

bool writes(std::span<const Step> steps) {
    return std::ranges::any_of(steps, [](const Step& step) { return step.statement.writes; });
}

}  // namespace

Database::Database() = default;
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(Options options) {
    std::unique_ptr<Database> database(new Database());
    AGENTIC_TRY(auto lock, FileLock::acquire(options.path));
    database->lock_ = std::make_unique<FileLock>(std::move(lock));
    AGENTIC_TRY(auto connection, Connection::open(options, Connection::Role::writer));
    database->fence_ = std::make_shared<const FenceSchema>(connection->read_fence_schema());
    AGENTIC_TRY(auto checkpointer, Checkpointer::create(options));
    database->writer_ = std::make_unique<Writer>(options, std::move(connection), std::move(checkpointer), database->fence_);
    AGENTIC_TRY(database->readers_, Readers::create(options, database->fence_));
    database->options_ = std::move(options);
    return database;
}

Task<Rows> Database::query(Scope scope, const Statement& statement, Params params) {
    AGENTIC_CO_CHECK(check_params(params));
    const Step step{statement, std::move(params)};
    Rows rows;
    Job job(scope, {&step, 1}, {&rows, 1});
    if (!statement.writes && readers_->runs_here(job.steps)) {
        AGENTIC_CO_CHECK(readers_->run_here(job));
    } else {
        AGENTIC_CO_CHECK(co_await run_on_thread(job, statement.writes));
    }
    co_return rows;
}

Task<std::vector<Rows>> Database::batch(Scope scope, Batch steps) {
    const bool writing = writes(steps);
    return run(std::move(scope), std::move(steps), writing);
}

Task<std::vector<Rows>> Database::read(Scope scope, Batch steps) {
    if (writes(steps)) throw std::logic_error("read() was given a statement that writes");
    return run(std::move(scope), std::move(steps), false);
}

Task<std::vector<Rows>> Database::run(Scope scope, Batch steps, bool writing) {
    AGENTIC_CO_CHECK(check_params(std::span<const Step>(steps)));
    std::vector<Rows> rows(steps.size());
    if (steps.empty()) co_return rows;
    Job job(scope, steps, rows);
    if (!writing && readers_->runs_here(job.steps)) {
        AGENTIC_CO_CHECK(readers_->run_here(job));
    } else {
        AGENTIC_CO_CHECK(co_await run_on_thread(job, writing));
    }
    co_return rows;
}

Task<> Database::run_on_thread(Job& job, bool writing) {
    if (writing) return run_elsewhere(job, [this](Job& j) { return writer_->submit(j); });
    return run_elsewhere(job, [this](Job& j) { return readers_->submit(j); });
}

void Database::check(const Statement& statement) {
    auto connection = Connection::open(options_, Connection::Role::reader);
    if (!connection) throw std::runtime_error(connection.error().internal_context);
    (*connection)->set_fence(fence_);
    (*connection)->check(statement);
}

Task<std::uint64_t> Database::change_mark(TenantScope scope, std::string_view table) { co_return writer_->changes().mark(scope.tenant_id(), table); }

Task<> Database::ping() {
    AGENTIC_CO_CHECK(co_await query(SystemScope::because("readiness reads no table"), kPing, {}));
    co_return Result<void>{};
}

}  // namespace agentic::db::sqlite

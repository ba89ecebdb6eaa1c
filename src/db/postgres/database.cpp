#include "db/postgres/database.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <stdexcept>

#include "db/params.hpp"
#include "db/postgres/mark_reader.hpp"
#include "db/postgres/pool.hpp"

namespace agentic::db::postgres {
namespace {

const Statement kPing{.name = "ping", .sqlite = "SELECT 1 AS one", .postgres = "SELECT 1 AS one"};

// A table without the trigger would stay 0 for ever, so it is refused by name.
constexpr std::string_view kMarkedTables[] = {"agents"};  // migration 0004

std::atomic<std::uint64_t> next_serial{1};
std::atomic<std::uint64_t> dead_contexts{0};  // when it moves, the threads forget which pool was theirs

struct Local {
    std::shared_ptr<Pool> pool;
    std::shared_ptr<MarkReader> marks;
};

/// Owns the pools of one io_context, so that descriptors and timers never outlive it.
class ContextPools final : public asio::execution_context::service {
public:
    using key_type = ContextPools;
    static asio::execution_context::id id;

    explicit ContextPools(asio::execution_context& context) : service(context) {}

    std::map<std::uint64_t, Local> pools;  // by the serial of their database

private:
    void shutdown() override {
        ++dead_contexts;
        for (auto& [serial, local] : pools) local.pool->close();
        pools.clear();
    }
};
asio::execution_context::id ContextPools::id;

}  // namespace

Database::Database(Options options) : options_(std::move(options)), serial_(next_serial++) {}

Database::~Database() {
    const std::lock_guard lock(mutex_);
    for (const auto& each : pools_) {
        if (const auto pool = each.lock()) pool->close();
    }
}

Database::Parts Database::parts_of(IoExecutor executor) {
    thread_local struct {
        std::uint64_t serial = 0, dead = 0;
        const asio::io_context* context = nullptr;
        Parts parts;
    } mine;
    const auto dead = dead_contexts.load(std::memory_order_relaxed);
    if (mine.serial == serial_ && mine.context == &executor.context() && mine.dead == dead) return mine.parts;
    auto& [pool, marks] = asio::use_service<ContextPools>(executor.context()).pools[serial_];
    if (pool == nullptr) {
        pool = std::make_shared<Pool>(executor, options_);
        marks = std::make_shared<MarkReader>(executor, pool);
        const std::lock_guard lock(mutex_);
        std::erase_if(pools_, [](const auto& each) { return each.expired(); });
        pools_.push_back(pool);
    }
    mine = {serial_, dead, &executor.context(), {pool.get(), marks.get()}};
    return mine.parts;
}

Task<> Database::run(Scope scope, std::span<const Step> steps, std::span<Rows> rows, bool writes) {
    AGENTIC_CO_CHECK(check_params(steps));
    for (const Step& step : steps) check_scope(step.statement, scope);
    AGENTIC_CO_TRY(auto connection, co_await parts_of(co_await asio::this_coro::executor).pool->acquire());
    const auto read = steps.size() == 1 ? Connection::Transaction::single_read : Connection::Transaction::snapshot;
    co_return co_await connection->run(scope, steps, rows, writes ? Connection::Transaction::write : read);
}

Task<Rows> Database::query(Scope scope, const Statement& statement, Params params) {
    const Step step{statement, std::move(params)};
    Rows rows;
    AGENTIC_CO_CHECK(co_await run(scope, std::span(&step, 1), std::span(&rows, 1), statement.writes));
    co_return rows;
}

Task<std::vector<Rows>> Database::batch(Scope scope, Batch steps) {
    std::vector<Rows> rows(steps.size());
    if (steps.empty()) co_return rows;
    const bool writes = std::ranges::any_of(steps, [](const Step& step) { return step.statement.writes; });
    AGENTIC_CO_CHECK(co_await run(scope, steps, rows, writes));
    co_return rows;
}

Task<std::vector<Rows>> Database::read(Scope scope, Batch steps) {
    if (std::ranges::any_of(steps, [](const Step& step) { return step.statement.writes; })) throw std::logic_error("read() was given a statement that writes");
    std::vector<Rows> rows(steps.size());
    if (steps.empty()) co_return rows;
    AGENTIC_CO_CHECK(co_await run(scope, steps, rows, false));
    co_return rows;
}

Task<std::uint64_t> Database::change_mark(TenantScope scope, std::string_view table) {
    if (!std::ranges::contains(kMarkedTables, table)) throw std::logic_error("no change_mark trigger on " + std::string(table));
    co_return co_await parts_of(co_await asio::this_coro::executor).marks->read(scope, table);
}

Task<> Database::ping() {
    AGENTIC_CO_CHECK(co_await query(SystemScope::because("readiness reads no table"), kPing, {}));
    co_return Result<void>{};
}

}  // namespace agentic::db::postgres

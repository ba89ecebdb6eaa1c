#pragma once
#include <atomic>
#include <memory>

#include "core/clock.hpp"
#include "db/executor.hpp"
#include "telemetry/metrics.hpp"

namespace agentic::app {

/// A database whose calls are counted and timed.
class MeasuredDatabase final : public db::Executor {
public:
    MeasuredDatabase(std::unique_ptr<db::Executor> database, const Clock& clock, telemetry::Metrics& metrics);

    Task<db::Rows> query(db::Scope scope, const db::Statement& statement, db::Params params) override;
    Task<std::vector<db::Rows>> batch(db::Scope scope, db::Batch steps) override;
    Task<std::vector<db::Rows>> read(db::Scope scope, db::Batch steps) override;
    Task<std::uint64_t> change_mark(TenantScope scope, std::string_view table) override { return database_->change_mark(scope, table); }
    Task<> ping() override { return database_->ping(); }
    Engine engine() const override { return database_->engine(); }

private:
    template <class T>
    Task<T> measured(std::string_view name, Task<T> call);

    std::unique_ptr<db::Executor> database_;
    const Clock& clock_;
    telemetry::Metrics& metrics_;
    std::atomic<std::int64_t> in_flight_ = 0;
};

}  // namespace agentic::app

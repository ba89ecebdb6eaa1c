#include "app/metrics/measured_database.hpp"

#include <exception>
#include <utility>

namespace agentic::app {
namespace {

/// While one lives, a call is under way.
class InFlight {
public:
    explicit InFlight(std::atomic<std::int64_t>& count) : count_(count) { count_.fetch_add(1, std::memory_order_relaxed); }
    ~InFlight() { count_.fetch_sub(1, std::memory_order_relaxed); }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

private:
    std::atomic<std::int64_t>& count_;
};

std::string_view name_of(const db::Batch& steps) { return steps.empty() ? std::string_view("none") : steps.front().statement.name; }

}  // namespace

MeasuredDatabase::MeasuredDatabase(std::unique_ptr<db::Executor> database, const Clock& clock, telemetry::Metrics& metrics)
    : database_(std::move(database)), clock_(clock), metrics_(metrics) {
    metrics.watch("agentic_database_calls_in_flight", "Database calls that wait or work", telemetry::Metrics::Kind::gauge, [this] { return static_cast<double>(in_flight_.load()); });
}

/// A statement that the database does not understand throws, and has failed, too; so has a call whose caller left.
template <class T>
Task<T> MeasuredDatabase::measured(std::string_view name, Task<T> call) {
    const InFlight in_flight(in_flight_);
    const auto started = clock_.steady();
    const auto count = [&](bool is_ok) { metrics_.database_call(name, is_ok, clock_.steady() - started); };
    try {
        auto result = co_await std::move(call);
        count(result.has_value());
        co_return result;
    } catch (const std::exception&) {
        count(false);
        throw;
    }
}

Task<db::Rows> MeasuredDatabase::query(db::Scope scope, const db::Statement& statement, db::Params params) {
    return measured(statement.name, database_->query(scope, statement, std::move(params)));
}

Task<std::vector<db::Rows>> MeasuredDatabase::batch(db::Scope scope, db::Batch steps) {
    const auto name = name_of(steps);
    return measured(name, database_->batch(scope, std::move(steps)));
}

Task<std::vector<db::Rows>> MeasuredDatabase::read(db::Scope scope, db::Batch steps) {
    const auto name = name_of(steps);
    return measured(name, database_->read(scope, std::move(steps)));
}

}  // namespace agentic::app

#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "async/types.hpp"
#include "schemas/health.hpp"

namespace agentic::db { class Executor; }

namespace agentic::api {

/// Whether this process should get requests. The application moves it from one phase to the next; probes read it on any thread.
class Readiness {
public:
    enum class Phase : std::uint8_t { starting, serving, draining };

    explicit Readiness(db::Executor& db) : db_(db) {}

    void enter(Phase phase) { phase_ = phase; }
    Phase phase() const { return phase_; }

    /// `started` (migrated and recovered), `accepting` (not draining) and `database` (answers now). Never fails.
    Awaitable<std::vector<schemas::HealthCheck>> checks();

    /// Adds something the server can do without: it is shown beside the checks and never keeps requests away. Before the first probe.
    void show(std::string name, std::function<bool()> ok) { shown_.emplace_back(std::move(name), std::move(ok)); }
    std::vector<schemas::HealthCheck> shown() const;

private:
    db::Executor& db_;
    std::atomic<Phase> phase_ = Phase::starting;
    std::vector<std::pair<std::string, std::function<bool()>>> shown_;
};

}  // namespace agentic::api

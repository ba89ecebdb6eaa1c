#include "services/knowledge/held_batch.hpp"

#include <utility>

#include "db/repositories/jobs.hpp"

namespace agentic::services {

Task<std::vector<db::Rows>> commit_held(KnowledgeEnvironment& env, JobTask& task, db::Batch batch) {
    if (task.is_stopped()) co_return JobTask::stopped();
    db::Batch held;
    held.reserve(batch.size() + 1);
    held.push_back(db::JobRepository::hold_step(task.tenant, task.lease(), env.clock.now()));
    for (auto& step : batch) held.push_back(std::move(step));
    AGENTIC_CO_TRY(auto rows, co_await env.db.batch(task.tenant, std::move(held)));
    rows.erase(rows.begin());
    co_return rows;
}

Task<> delete_held(KnowledgeEnvironment& env, JobTask& task, db::Step step, std::int64_t limit) {
    std::int64_t deleted = limit;
    while (deleted >= limit) {
        db::Batch batch;
        batch.push_back(step);
        AGENTIC_CO_TRY(const auto rows, co_await commit_held(env, task, std::move(batch)));
        deleted = rows.front().affected;
    }
    co_return Result<void>{};
}

}  // namespace agentic::services

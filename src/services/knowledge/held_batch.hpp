#pragma once
#include <cstdint>
#include <vector>

#include "services/jobs/job_task.hpp"
#include "services/knowledge/environment.hpp"

namespace agentic::services {

/// Commits what a job writes before its end: only while the job is ours. Fails with `cancelled` when it was stopped, and as JobRepository::hold_step does when
/// another process has taken it over, which may have finished it: what belonged to an attempt is live then.
Task<std::vector<db::Rows>> commit_held(KnowledgeEnvironment& env, JobTask& task, db::Batch batch);

/// Repeats a step that deletes at most `limit` rows, so that nobody waits long for the writer, until it finds fewer.
Task<> delete_held(KnowledgeEnvironment& env, JobTask& task, db::Step step, std::int64_t limit);

}  // namespace agentic::services

#pragma once
#include "services/jobs/job_handler.hpp"
#include "services/knowledge/environment.hpp"

namespace agentic::services {

/// Embeds every chunk of a collection with another model (or the same one, for chunks that came before it was installed), beside the vectors that searches use,
/// and switches in one commit when none is missing.
class ReembedJob final : public JobHandler {
public:
    explicit ReembedJob(KnowledgeEnvironment environment) : env_(environment) {}

    std::string_view kind() const override;
    Task<db::Batch> run(JobTask& task) override;
    db::Batch given_up(const JobTask& task, const Error& error, Timestamp now) override;
    Awaitable<void> ended(JobTask&, bool) override { co_return; }

private:
    struct Work;

    Task<> forget_earlier(Work& work);
    Task<std::int64_t> pass(Work& work);
    Task<> embed_some(Work& work, const std::vector<std::pair<Uuid, std::string>>& chunks);

    KnowledgeEnvironment env_;
};

}  // namespace agentic::services

#pragma once
#include "services/jobs/job_handler.hpp"
#include "services/knowledge/environment.hpp"

namespace agentic::services {

/// What can no longer be found is deleted for good, a little at a time: the chunks and the file of a deleted document, or those of a version before the indexed
/// one.
class DocumentPurge final : public JobHandler {
public:
    explicit DocumentPurge(KnowledgeEnvironment environment) : env_(environment) {}

    std::string_view kind() const override;
    Task<db::Batch> run(JobTask& task) override;
    db::Batch given_up(const JobTask&, const Error&, Timestamp) override { return {}; }
    Awaitable<void> ended(JobTask&, bool) override { co_return; }

private:
    KnowledgeEnvironment env_;
};

/// The same for a deleted collection and all its documents.
class CollectionPurge final : public JobHandler {
public:
    explicit CollectionPurge(KnowledgeEnvironment environment) : env_(environment) {}

    std::string_view kind() const override;
    Task<db::Batch> run(JobTask& task) override;
    db::Batch given_up(const JobTask&, const Error&, Timestamp) override { return {}; }
    Awaitable<void> ended(JobTask&, bool) override { co_return; }

private:
    KnowledgeEnvironment env_;
};

/// The vectors that a collection was searched by before it was embedded anew.
class VectorPurge final : public JobHandler {
public:
    explicit VectorPurge(KnowledgeEnvironment environment) : env_(environment) {}

    std::string_view kind() const override;
    Task<db::Batch> run(JobTask& task) override;
    db::Batch given_up(const JobTask&, const Error&, Timestamp) override { return {}; }
    Awaitable<void> ended(JobTask&, bool) override { co_return; }

private:
    KnowledgeEnvironment env_;
};

}  // namespace agentic::services

#pragma once
#include <vector>

#include "db/repositories/chunks.hpp"
#include "knowledge/chunker.hpp"
#include "services/jobs/job_handler.hpp"
#include "services/knowledge/environment.hpp"

namespace agentic::services {

class CollectionIndexes;

/// A document's way from a file to chunks that can be found: fetch, extract, clean, cut, embed. Chunks are stored batch by batch under the document's new version,
/// which nobody sees; the end is one small commit that makes that version the indexed one.
class IngestJob final : public JobHandler {
public:
    struct Limits {
        std::size_t chunks_max = 50'000;
        std::size_t url_bytes_max = 32u << 20;
    };

    IngestJob(KnowledgeEnvironment environment, CollectionIndexes& indexes, Limits limits) : env_(environment), indexes_(indexes), limits_(limits) {}

    std::string_view kind() const override;
    Task<db::Batch> run(JobTask& task) override;
    db::Batch given_up(const JobTask& task, const Error& error, Timestamp now) override;
    Awaitable<void> ended(JobTask& task, bool completed) override;

private:
    struct Work;

    Task<> begin(Work& work);
    Task<> fetch(Work& work);
    Task<> extract(Work& work);
    Task<> cut(Work& work);
    Task<> forget_earlier_attempts(Work& work);
    Task<> store_chunks(Work& work);
    Task<> store_some(Work& work, std::size_t first, std::size_t count);
    Task<std::vector<db::Blob>> embed(Work& work, const std::vector<std::string>& texts);
    db::Batch closing(Work& work) const;
    Task<> commit(Work& work, db::Batch batch);

    KnowledgeEnvironment env_;
    CollectionIndexes& indexes_;
    const Limits limits_;
};

}  // namespace agentic::services

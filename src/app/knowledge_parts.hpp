#pragma once
#include <functional>

#include "app/config/config.hpp"
#include "app/url_fetcher.hpp"
#include "async/work_pool.hpp"
#include "knowledge/extractor_pool.hpp"
#include "services/jobs/job_runner.hpp"
#include "services/knowledge/agent_passages.hpp"
#include "services/knowledge/ingest_job.hpp"
#include "services/knowledge/knowledge_service.hpp"
#include "services/knowledge/purge_jobs.hpp"
#include "services/knowledge/reembed_job.hpp"
#include "services/knowledge/search.hpp"

namespace agentic::app {

/// Everything behind the routes of knowledge, in the order of their dependencies; a part of the composition root.
class KnowledgeParts {
public:
    /// `worker_id` answers under which name this process holds leases; it is first asked when the jobs are started.
    KnowledgeParts(const Config& config, embeddings::Embedders& embedders, const Clock& clock, db::Executor& db, http::OutboundClient& outbound, async::WorkPool& files,
                   std::function<Uuid()> worker_id);

    void start(std::vector<IoExecutor> executors) { jobs_.start(std::move(executors)); }
    /// Jobs first, so that they go back into the queue while the leases are alive; the rest once nothing searches any more.
    Awaitable<void> stop_jobs() { return jobs_.stop(); }
    Awaitable<void> stop();

    services::KnowledgeService& service() { return service_; }
    services::SearchService& search() { return search_; }
    services::BlobStore& blobs() { return blobs_; }
    services::PassageSource& passages() { return passages_; }
    services::JobRunner& jobs() { return jobs_; }

private:
    async::WorkPool searching_;                   // of large collections
    async::WorkPool cutting_;                     // text into chunks
    async::WorkPool linking_;                     // graphs of large collections: minutes, so nothing else waits behind them
    async::WorkPool processes_;                   // starting and reaping the processes that read documents; they inherit its priority
    services::BlobStore blobs_;                   // the files as they were uploaded
    knowledge::ExtractorPool extractor_;          // files to text, in a sandbox
    OutboundFetcher fetcher_;                     // URLs to files
    services::KnowledgeEnvironment environment_;
    services::CollectionIndexes indexes_;         // vectors in memory
    services::SearchService search_;
    services::AgentPassages passages_;            // the same for agents
    services::IngestJob ingest_;
    services::DocumentPurge document_purge_;
    services::CollectionPurge collection_purge_;
    services::VectorPurge vector_purge_;
    services::ReembedJob reembed_;
    services::JobRunner jobs_;                    // works off the durable queue
    services::KnowledgeService service_;
};

}  // namespace agentic::app

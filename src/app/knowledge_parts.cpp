#include "app/knowledge_parts.hpp"

#include <utility>

#include "app/parts.hpp"

namespace agentic::app {

KnowledgeParts::KnowledgeParts(const Config& config, embeddings::Embedders& embedders, const Clock& clock, db::Executor& db, http::OutboundClient& outbound,
                               async::WorkPool& files, std::function<Uuid()> worker_id)
    : searching_("search", 2, 4096),
      cutting_("cut", 2, 1024, async::Priority::background),
      linking_("link", 1, 1024, async::Priority::background),
      processes_("extract", config.knowledge.ingestion_workers, 1024, async::Priority::background),
      blobs_(blob_dir(config), files),
      extractor_(extractor_settings(config.knowledge), processes_, clock),
      fetcher_(outbound),
      environment_{.clock = clock, .db = db, .blobs = blobs_, .extractor = extractor_, .fetcher = fetcher_, .embedders = embedders, .searching = searching_, .cutting = cutting_},
      indexes_(clock, db, searching_, linking_, index_limits(config.knowledge)),
      search_(environment_, indexes_),
      passages_(search_),
      ingest_(environment_, indexes_, {}),
      document_purge_(environment_),
      collection_purge_(environment_),
      vector_purge_(environment_),
      reembed_(environment_),
      jobs_(clock, db, std::move(worker_id), job_limits(config.knowledge)),
      service_(environment_, indexes_, jobs_) {
    for (services::JobHandler* handler : std::initializer_list<services::JobHandler*>{&ingest_, &document_purge_, &collection_purge_, &vector_purge_, &reembed_}) jobs_.add(*handler);
}

Awaitable<void> KnowledgeParts::stop() {
    co_await search_.stop();
    co_await indexes_.stop();
}

}  // namespace agentic::app

#pragma once
#include "async/work_pool.hpp"
#include "core/clock.hpp"
#include "db/executor.hpp"
#include "embeddings/embedder.hpp"
#include "knowledge/document_extractor.hpp"
#include "services/knowledge/blob_store.hpp"
#include "services/knowledge/url_fetcher.hpp"

namespace agentic::services {

/// What knowledge is made with; owned by the application.
struct KnowledgeEnvironment {
    const Clock& clock;
    db::Executor& db;
    BlobStore& blobs;
    knowledge::DocumentExtractor& extractor;
    UrlFetcher& fetcher;
    embeddings::Embedders& embedders;
    async::WorkPool& searching;       // of large collections
    async::WorkPool& cutting;         // text into chunks
};

}  // namespace agentic::services

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "schema/codec.hpp"
#include "schemas/agents.hpp"

namespace agentic::schemas {

struct RagQuery {
    std::string query;
    std::optional<Uuid> collection_id;
    std::optional<std::vector<Uuid>> collection_ids;   // neither: every collection the asker sees
    std::int64_t top_k = 5;
    RetrievalMode mode = RetrievalMode::hybrid;
    std::optional<double> similarity_threshold;
    std::optional<JsonText> metadata_filter;
    bool rerank = false;
    bool include_content = true;
    bool explain = false;
};

/// The same asked of the one collection in the path.
struct CollectionQuery {
    std::string query;
    std::int64_t top_k = 5;
    RetrievalMode mode = RetrievalMode::hybrid;
    std::optional<double> similarity_threshold;
    std::optional<JsonText> filters;
    bool rerank = false;
    bool include_content = true;
    bool explain = false;
};

struct RankExplanation {
    std::int64_t rank = 0;
    double score = 0;
};

struct HitExplanation {
    std::optional<RankExplanation> vector;
    std::optional<RankExplanation> lexical;
    std::optional<RankExplanation> search;             // where the hit stood before it was reranked
    std::optional<double> rerank_score;
};

struct TextRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

struct RagHit {
    Uuid id;
    Uuid document_id;
    std::string document_title;
    Uuid collection_id;
    std::optional<std::string> content;
    double score = 0;
    std::optional<std::int64_t> page_number;
    std::optional<std::string> section;
    std::int64_t sequence_number = 0;
    JsonText extra_metadata;
    std::vector<TextRange> highlights;
    std::optional<HitExplanation> explain;
};

struct RagResult {
    std::string query;
    std::vector<RagHit> results;
    std::int64_t total_results = 0;
    double retrieval_time_ms = 0;
    RetrievalMode mode = RetrievalMode::hybrid;
    std::vector<std::string> warnings;
};

struct RagContextRequest {
    std::string query;
    std::optional<Uuid> collection_id;
    std::optional<std::vector<Uuid>> collection_ids;
    std::int64_t top_k = 5;
    RetrievalMode mode = RetrievalMode::hybrid;
    std::optional<double> similarity_threshold;
    std::optional<JsonText> metadata_filter;
    bool rerank = false;
};

struct RagSource {
    std::int64_t number = 0;                           // as in the text: [1]
    Uuid chunk_id;
    Uuid document_id;
    std::string document_title;
    Uuid collection_id;
    std::optional<std::int64_t> page_number;
    std::optional<std::string> section;
    double score = 0;
};

struct RagContext {
    std::string context;
    std::vector<RagSource> sources;
    std::int64_t total_chunks = 0;
    double retrieval_time_ms = 0;
    RetrievalMode mode = RetrievalMode::hybrid;
    std::vector<std::string> warnings;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::RagQuery>;
extern template struct Codec<schemas::CollectionQuery>;
extern template struct Codec<schemas::RankExplanation>;
extern template struct Codec<schemas::HitExplanation>;
extern template struct Codec<schemas::TextRange>;
extern template struct Codec<schemas::RagHit>;
extern template struct Codec<schemas::RagResult>;
extern template struct Codec<schemas::RagContextRequest>;
extern template struct Codec<schemas::RagSource>;
extern template struct Codec<schemas::RagContext>;
}  // namespace agentic::schema

#include "schemas/rag.hpp"

#include "schema/engine.hpp"

namespace agentic::schema {
namespace {

constexpr Field kQuery = field("query", length(1, 4'000), describe("What is looked for, as a question or in key words."), example(R"("When does the library open?")"));
constexpr Field kTopK = field("top_k", defaulted, range(1, 50), describe("Hits at most."), example("5"));
constexpr Field kMode = field("mode", defaulted, describe("By meaning (`vector`), by words (`lexical`), or both."));
constexpr Field kThreshold = field("similarity_threshold", range(0, 1), describe("Hits that are less similar are left out: by the cosine, or by the words' score relative to the best hit. It counts before reranking."));
constexpr Field kRerank = field("rerank", defaulted, describe("Asks a cross-encoder for the order of the best hits (four for each that is wanted, at most 100); a warning says when that is not possible."));
constexpr Field kContent = field("include_content", defaulted, describe("Whether hits carry their text."));
constexpr Field kExplain = field("explain", defaulted, describe("Whether hits say how they came about."));
constexpr Field kCollections = field("collection_ids", items(1, 50), describe("The collections to search. Without any, every collection that the caller sees."));
constexpr std::string_view kFilterText =
    "A condition on the documents' metadata: `{\"key\": value}` for equality, or `{type: eq|ne|gt|gte|lt|lte|in|nin, key, value}` nested under `{type: and|or, filters: []}`.";

void check_collections(bool has_one, bool has_many, Violations& violations) {
    if (has_one && has_many) violations.push_back({"collection_ids", "must not be given together with collection_id"});
}

}  // namespace

template <>
struct Rules<schemas::RagQuery> {
    static constexpr std::string_view doc = "A search in collections.";
    static constexpr auto fields = std::tuple{
        kQuery, kCollections, kTopK, kMode, kThreshold, field("metadata_filter", object_only, describe(kFilterText)), kRerank, kContent, kExplain,
    };
    static void check(const schemas::RagQuery& query, Violations& violations) {
        check_collections(query.collection_id.has_value(), query.collection_ids.has_value(), violations);
    }
};
template struct Codec<schemas::RagQuery>;

template <>
struct Rules<schemas::CollectionQuery> {
    static constexpr std::string_view doc = "A search in one collection.";
    static constexpr auto fields = std::tuple{
        kQuery, kTopK, kMode, kThreshold, field("filters", object_only, describe(kFilterText)), kRerank, kContent, kExplain,
    };
};
template struct Codec<schemas::CollectionQuery>;

template <>
struct Rules<schemas::RankExplanation> {
    static constexpr auto fields = std::tuple{
        field("rank", describe("From 1.")),
        field("score", describe("As that search gave it: the cosine, or the words' score.")),
    };
};
template struct Codec<schemas::RankExplanation>;

template <>
struct Rules<schemas::HitExplanation> {
    static constexpr std::string_view doc = "Where a hit stood in each search; null where it was not among the best.";
    static constexpr auto fields = std::tuple{
        field("search", describe("Its place and score before reranking; null without it.")),
        field("rerank_score", describe("How well the reranking model finds that it answers the query, from 0 to 1; null without reranking.")),
    };
};
template struct Codec<schemas::HitExplanation>;

template <>
struct Rules<schemas::TextRange> {
    static constexpr std::string_view doc = "Bytes of a text, from `begin` up to and not with `end`.";
};
template struct Codec<schemas::TextRange>;

template <>
struct Rules<schemas::RagHit> {
    static constexpr std::string_view doc = "A chunk that was found.";
    static constexpr auto fields = std::tuple{
        field("content", describe("Its text; null without include_content.")),
        field("score", describe("Higher is better: the cosine (vector), relative to the best hit (lexical), or both fused (hybrid); the reranking model's, from 0 to 1, when it gave the order.")),
        field("page_number", describe("Null where the format has no pages.")),
        field("section", describe("The headings above it.")),
        field("sequence_number", describe("Its place in the document, from 0.")),
        field("extra_metadata", object_only, describe("The document's.")),
        field("highlights", describe("Where the words of the query stand in the content.")),
    };
};
template struct Codec<schemas::RagHit>;

template <>
struct Rules<schemas::RagResult> {
    static constexpr std::string_view doc = "What was found, best first.";
    static constexpr auto fields = std::tuple{
        field("mode", describe("The mode that answered: `lexical` instead of `hybrid` when the embedding model is not installed.")),
        field("warnings", describe("Such as why the mode is another one.")),
    };
};
template struct Codec<schemas::RagResult>;

template <>
struct Rules<schemas::RagContextRequest> {
    static constexpr std::string_view doc = "A search whose hits are wanted as one text for a prompt.";
    static constexpr auto fields = std::tuple{
        kQuery, kCollections, kTopK, kMode, kThreshold, field("metadata_filter", object_only, describe(kFilterText)), kRerank,
    };
    static void check(const schemas::RagContextRequest& query, Violations& violations) {
        check_collections(query.collection_id.has_value(), query.collection_ids.has_value(), violations);
    }
};
template struct Codec<schemas::RagContextRequest>;

template <>
struct Rules<schemas::RagSource> {
    static constexpr std::string_view doc = "Where a passage of the context comes from.";
    static constexpr auto fields = std::tuple{field("number", describe("Of the passage in the text: [1]."))};
};
template struct Codec<schemas::RagSource>;

template <>
struct Rules<schemas::RagContext> {
    static constexpr std::string_view doc = "Passages as one text, numbered, with their sources.";
};
template struct Codec<schemas::RagContext>;

}  // namespace agentic::schema

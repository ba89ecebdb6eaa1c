#include "schemas/collections.hpp"

#include "schema/engine.hpp"
#include "schemas/free_form_rules.hpp"
#include "schemas/pagination_rules.hpp"

namespace agentic::schemas {

void check_chunk_overlap(std::int64_t size, std::int64_t overlap, Violations& violations) {
    if (overlap >= size) violations.push_back({"chunk_overlap", "must be less than chunk_size"});
}

}  // namespace agentic::schemas

namespace agentic::schema {
namespace {

constexpr Field kName = field("name", length(1, 255), describe("Unique among the tenant's collections."), example(R"("Handbook")"));
constexpr Field kDescription = field("description", length(0, 2000));
constexpr Field kChunkSize = field("chunk_size", range(16, 8192), describe("Tokens of a chunk, counted as the embedding model counts."), example("512"));
constexpr Field kChunkOverlap = field("chunk_overlap", range(0, 4096), describe("Tokens that a chunk shares with the one before; less than chunk_size."), example("50"));
constexpr Field kChunking = field("chunking", describe("`fixed` fills chunks and ends them behind a sentence; `sentence` takes whole sentences; `semantic` follows headings and paragraphs."));
constexpr Field kVisibility = field("visibility", describe("`tenant`: everybody in the tenant; `private`: its maker and the administrators."));
constexpr Field kConfig = field("config", object_only, items(0, 100), schemas::kFreeFormBytes, describe("Free-form settings. At most 16 KiB as JSON."), example("{}"));
constexpr Field kExtraMetadata = field("extra_metadata", object_only, items(0, 100), schemas::kFreeFormBytes, describe("Free-form; only carried. At most 16 KiB as JSON."), example("{}"));
constexpr Field kModel = field("embedding_model", length(1, 200), describe("The model that turns text into vectors."), example(R"("all-MiniLM-L6-v2")"));

consteval Field may_be_absent(Field rule) {
    rule.rules.defaulted = true;
    return rule;
}
consteval Field not_null_in_patch(Field rule) {
    rule.rules.not_null = true;
    return rule;
}

}  // namespace

template <>
struct Rules<schemas::CollectionCreate> {
    static constexpr std::string_view doc = "A new collection of documents. Only a name is needed.";
    static constexpr auto fields = std::tuple{
        kName, kDescription, may_be_absent(kModel), may_be_absent(kChunkSize), may_be_absent(kChunkOverlap), may_be_absent(kChunking),
        may_be_absent(kVisibility), may_be_absent(kConfig), may_be_absent(kExtraMetadata),
    };
    static void check(const schemas::CollectionCreate& collection, Violations& violations) {
        schemas::check_chunk_overlap(collection.chunk_size, collection.chunk_overlap, violations);
    }
};
template struct Codec<schemas::CollectionCreate>;

template <>
struct Rules<schemas::CollectionPatch> {
    static constexpr std::string_view doc = "Changes to a collection. How text is cut counts for documents that are added from then on.";
    static constexpr auto fields = std::tuple{
        not_null_in_patch(kName), kDescription, not_null_in_patch(kChunkSize), not_null_in_patch(kChunkOverlap), not_null_in_patch(kChunking),
        not_null_in_patch(kVisibility), not_null_in_patch(kConfig), not_null_in_patch(kExtraMetadata),
    };
};
template struct Codec<schemas::CollectionPatch>;

template <>
struct Rules<schemas::Reembedding> {
    static constexpr auto fields = std::tuple{
        field("embedding_model", describe("The model to come; null when nothing is under way.")),
        field("progress", describe("Percent.")),
        field("error_message", describe("Why the last one came to nothing.")),
    };
};
template struct Codec<schemas::Reembedding>;

template <>
struct Rules<schemas::Collection> {
    static constexpr std::string_view doc = "A collection of documents that can be searched.";
    static constexpr auto fields = std::tuple{
        field("config", object_only), field("extra_metadata", object_only),
        field("status", describe("`reembedding` while its chunks are embedded anew; it can be searched meanwhile.")),
        field("document_count", describe("Documents, whatever their status.")),
        field("chunk_count", describe("Chunks that can be found.")),
        field("size_bytes", describe("Of the documents as they were uploaded.")),
        field("version", describe("Goes up by one with every change.")),
    };
};
template struct Codec<schemas::Collection>;

template <>
struct Rules<schemas::CollectionListQuery> {
    static constexpr auto fields = std::tuple{
        schemas::kPageRule, schemas::kLimitRule,
        field("search", length(1, 200), describe("Part of the name or description, in any case.")),
    };
};
template struct Codec<schemas::CollectionListQuery>;

template <>
struct Rules<schemas::CollectionList> {};
template struct Codec<schemas::CollectionList>;

template <>
struct Rules<schemas::ReembedRequest> {
    static constexpr std::string_view doc = "Which model to embed the collection with, from now on.";
    static constexpr auto fields = std::tuple{kModel};
};
template struct Codec<schemas::ReembedRequest>;

}  // namespace agentic::schema

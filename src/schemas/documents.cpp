#include "schemas/documents.hpp"

#include "schema/engine.hpp"
#include "schemas/free_form_rules.hpp"
#include "schemas/pagination_rules.hpp"

namespace agentic::schema {
namespace {

constexpr Field kTitle = field("title", length(1, 500), describe("Shown with what is cited; without one, the file's name or the URL."), example(R"("Opening hours")"));
constexpr Field kMetadata = field("metadata", defaulted, object_only, items(0, 100), schemas::kFreeFormBytes, describe("Free-form; searches can filter by it. At most 16 KiB as JSON."), example(R"({"team":"support"})"));

}  // namespace

template <>
struct Rules<schemas::DocumentCreate> {
    static constexpr std::string_view doc = "A document as text (plain or Markdown), or as a URL to fetch it from.";
    static constexpr auto fields = std::tuple{
        kTitle,
        field("text", length(1, 10'000'000), describe("The document itself."), example(R"("The library opens at nine.")")),
        field("url", length(1, 2000), http_url, describe("Fetched by the server, through its guard against private networks.")),
        kMetadata,
    };
    static void check(const schemas::DocumentCreate& document, Violations& violations) {
        if (document.text.has_value() == document.url.has_value()) violations.push_back({"text", "is required, or url, and not both"});
        if (document.text && !document.title) violations.push_back({"title", "is required with text"});
    }
};
template struct Codec<schemas::DocumentCreate>;

template <>
struct Rules<schemas::DocumentNotes> {
    static constexpr auto fields = std::tuple{kTitle, kMetadata};
};
template struct Codec<schemas::DocumentNotes>;

template <>
struct Rules<schemas::Document> {
    static constexpr std::string_view doc = "A document of a collection.";
    static constexpr auto fields = std::tuple{
        field("document_id", describe("The same as `id`.")),
        field("file_name", describe("As the client named it.")),
        field("content_type", describe("As it was declared; once completed, what the bytes are.")),
        field("progress", describe("Percent.")),
        field("page_count", describe("0 where the format has no pages.")),
        field("extra_metadata", object_only),
        field("version", describe("Counts uploads of the same file, title or URL.")),
        field("indexed_version", describe("The upload that searches find; 0 for none yet.")),
        field("chunk_count", describe("Chunks that searches find.")),
    };
};
template struct Codec<schemas::Document>;

template <>
struct Rules<schemas::DocumentProgress> {
    static constexpr std::string_view doc = "How far a document is.";
    static constexpr auto fields = std::tuple{field("progress", describe("Percent."))};
};
template struct Codec<schemas::DocumentProgress>;

template <>
struct Rules<schemas::DocumentListQuery> {
    static constexpr auto fields = std::tuple{
        schemas::kPageRule, schemas::kLimitRule,
        field("search", length(1, 200), describe("Part of the title or file name, in any case.")),
    };
};
template struct Codec<schemas::DocumentListQuery>;

template <>
struct Rules<schemas::DocumentList> {};
template struct Codec<schemas::DocumentList>;

template <>
struct Rules<schemas::Chunk> {
    static constexpr std::string_view doc = "A piece of a document.";
    static constexpr auto fields = std::tuple{
        field("page_number", describe("Of its first character; null where the format has no pages.")),
        field("section", describe("The headings above it."), example(R"("Guide > Install")")),
        field("byte_begin", describe("Where it begins in the document's text.")),
    };
};
template struct Codec<schemas::Chunk>;

template <>
struct Rules<schemas::ChunkList> {};
template struct Codec<schemas::ChunkList>;

template <>
struct Rules<schemas::ContentQuery> {
    static constexpr auto fields = std::tuple{field("form", defaulted, describe("`text`: the text that was extracted; `original`: the file as it was uploaded."))};
};
template struct Codec<schemas::ContentQuery>;

}  // namespace agentic::schema

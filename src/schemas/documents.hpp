#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "core/vocabulary.hpp"
#include "schema/codec.hpp"
#include "schemas/pagination.hpp"

namespace agentic::schemas {

/// A document as text, or as a URL to get it from.
struct DocumentCreate {
    std::optional<std::string> title;
    std::optional<std::string> text;
    std::optional<std::string> url;
    JsonText metadata{"{}"};
};

/// What comes with an uploaded file.
struct DocumentNotes {
    std::optional<std::string> title;
    JsonText metadata{"{}"};
};

struct Document {
    Uuid id;
    Uuid document_id;                          // the same
    Uuid collection_id;
    std::string title;
    DocumentSource source = DocumentSource::upload;
    std::optional<std::string> source_url;
    std::optional<std::string> file_name;
    std::string content_type;
    std::int64_t size_bytes = 0;
    std::optional<std::string> sha256;
    DocumentStatus status = DocumentStatus::pending;
    std::int64_t progress = 0;
    std::int64_t chunks_processed = 0;
    std::int64_t total_chunks = 0;
    std::optional<std::string> error_code;
    std::optional<std::string> error_message;
    std::int64_t page_count = 0;
    std::optional<std::string> language;
    std::optional<std::string> author;
    JsonText extra_metadata;
    std::int64_t version = 1;
    std::int64_t indexed_version = 0;
    std::int64_t chunk_count = 0;
    std::optional<Uuid> created_by;
    Timestamp created_at;
    Timestamp updated_at;
    std::optional<Timestamp> completed_at;
};

struct DocumentProgress {
    Uuid document_id;
    DocumentStatus status = DocumentStatus::pending;
    std::int64_t progress = 0;
    std::int64_t chunks_processed = 0;
    std::int64_t total_chunks = 0;
    std::optional<std::string> error_code;
    std::optional<std::string> error_message;
    Timestamp updated_at;
};

struct DocumentListQuery {
    std::int64_t page = 1;
    std::int64_t limit = 20;
    std::optional<DocumentStatus> status;
    std::optional<std::string> search;
};

struct DocumentList {
    std::vector<Document> data;
    Pagination pagination;
};

struct Chunk {
    Uuid id;
    Uuid document_id;
    std::int64_t sequence_number = 0;
    std::string content;
    std::optional<std::int64_t> page_number;
    std::optional<std::string> section;
    std::int64_t byte_begin = 0;
    std::int64_t byte_end = 0;
    std::int64_t token_count = 0;
};

struct ChunkList {
    std::vector<Chunk> data;
    Pagination pagination;
};

enum class ContentForm : std::uint8_t { text, original };

struct ContentQuery {
    ContentForm form = ContentForm::text;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::DocumentCreate>;
extern template struct Codec<schemas::DocumentNotes>;
extern template struct Codec<schemas::Document>;
extern template struct Codec<schemas::DocumentProgress>;
extern template struct Codec<schemas::DocumentListQuery>;
extern template struct Codec<schemas::DocumentList>;
extern template struct Codec<schemas::Chunk>;
extern template struct Codec<schemas::ChunkList>;
extern template struct Codec<schemas::ContentQuery>;
}  // namespace agentic::schema

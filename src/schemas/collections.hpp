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

struct CollectionCreate {
    std::string name;
    std::optional<std::string> description;
    std::string embedding_model = "all-MiniLM-L6-v2";
    std::int64_t chunk_size = 512;
    std::int64_t chunk_overlap = 50;
    Chunking chunking = Chunking::fixed;
    Visibility visibility = Visibility::tenant;
    JsonText config{"{}"};
    JsonText extra_metadata{"{}"};
};

/// What is absent stays as it is. How text is cut counts for documents from then on.
struct CollectionPatch {
    std::optional<std::string> name;
    std::optional<std::optional<std::string>> description;
    std::optional<std::int64_t> chunk_size;
    std::optional<std::int64_t> chunk_overlap;
    std::optional<Chunking> chunking;
    std::optional<Visibility> visibility;
    std::optional<JsonText> config;
    std::optional<JsonText> extra_metadata;
};

enum class CollectionStatus : std::uint8_t { active, reembedding };

/// Embedding anew, under way or the last time it failed.
struct Reembedding {
    std::optional<std::string> embedding_model;   // the one to come; none when nothing is under way
    std::int64_t progress = 0;
    std::optional<std::string> error_message;
};

struct Collection {
    Uuid id;
    Uuid tenant_id;
    std::string name;
    std::optional<std::string> description;
    std::string embedding_model;
    std::int64_t embedding_dimensions = 0;
    std::int64_t chunk_size = 0;
    std::int64_t chunk_overlap = 0;
    Chunking chunking = Chunking::fixed;
    Visibility visibility = Visibility::tenant;
    JsonText config;
    JsonText extra_metadata;
    CollectionStatus status = CollectionStatus::active;
    std::optional<Reembedding> reembedding;
    std::int64_t document_count = 0;
    std::int64_t chunk_count = 0;
    std::int64_t size_bytes = 0;
    std::int64_t version = 1;
    std::optional<Uuid> created_by;
    Timestamp created_at;
    Timestamp updated_at;
};

struct CollectionListQuery {
    std::int64_t page = 1;
    std::int64_t limit = 20;
    std::optional<std::string> search;
};

struct CollectionList {
    std::vector<Collection> data;
    Pagination pagination;
};

struct ReembedRequest {
    std::optional<std::string> embedding_model;   // absent: the collection's own
};

/// The rule that spans two fields; PATCH asks again once the change is merged.
void check_chunk_overlap(std::int64_t size, std::int64_t overlap, Violations& violations);

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::CollectionCreate>;
extern template struct Codec<schemas::CollectionPatch>;
extern template struct Codec<schemas::Reembedding>;
extern template struct Codec<schemas::Collection>;
extern template struct Codec<schemas::CollectionListQuery>;
extern template struct Codec<schemas::CollectionList>;
extern template struct Codec<schemas::ReembedRequest>;
}  // namespace agentic::schema

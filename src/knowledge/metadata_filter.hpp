#pragma once
#include <memory>
#include <string_view>

#include "core/error.hpp"

namespace agentic::knowledge {

/// A condition on the metadata of documents and chunks, as clients write it: `{"key": value, ...}` (all equal), or
/// `{"type": eq|ne|gt|gte|lt|lte|in|nin, "key", "value"}` nested under `{"type": and|or, "filters": [...]}`. Cheap to copy, immutable.
///
/// eq: same JSON value (1 equals 1.0), or an element of an array; null equals a missing member too. ne is its opposite. gt, gte, lt, lte: two numbers, or two
/// strings by code points (so ISO 8601 dates compare). in, nin: eq with any of an array of values.
class MetadataFilter {
public:
    /// At most 8 levels, 64 conditions, 256 values in a list, keys of 128 and strings of 1024 bytes. `validation_error` names every broken rule, with paths
    /// that begin with `field`; `bad_request` when it is not JSON.
    static Result<MetadataFilter> parse(std::string_view json, std::string_view field = "metadata_filter");

    /// Allows everything.
    MetadataFilter() = default;
    bool empty() const { return root_ == nullptr; }
    /// `metadata` is a JSON object; anything else counts as an empty one.
    bool matches(std::string_view metadata) const;

    struct Node;

private:
    std::shared_ptr<const Node> root_;
};

}  // namespace agentic::knowledge

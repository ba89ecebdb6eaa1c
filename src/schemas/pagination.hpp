#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/codec.hpp"

namespace agentic::schemas {

/// What every list says about the page it answers.
struct Pagination {
    std::int64_t page = 1;
    std::int64_t limit = 20;
    std::int64_t total = 0;
    std::int64_t total_pages = 0;

    static Pagination of(std::int64_t page, std::int64_t limit, std::int64_t total) { return {page, limit, total, (total + limit - 1) / limit}; }
};

/// The query of a list that has only pages.
struct PageQuery {
    std::int64_t page = 1;
    std::int64_t limit = 20;
};

enum class SortOrder : std::uint8_t { asc, desc };

/// A place in a list that is numbered by sequence, and the direction in which it is read. Opaque to clients; it holds nothing but these two, so a
/// forged one reads no more than a page number could.
struct SequenceCursor {
    SortOrder order = SortOrder::asc;
    std::int64_t sequence = 0;   // of the last item already seen

    std::string to_text() const;
    static std::optional<SequenceCursor> parse(std::string_view text);

    bool operator==(const SequenceCursor&) const = default;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::Pagination>;
extern template struct Codec<schemas::PageQuery>;
}  // namespace agentic::schema

#include "schemas/pagination.hpp"

#include <charconv>

#include "core/encoding.hpp"
#include "schema/engine.hpp"
#include "schemas/pagination_rules.hpp"

namespace agentic::schemas {

std::string SequenceCursor::to_text() const {
    return base64url_encode((order == SortOrder::asc ? "a" : "d") + std::to_string(sequence));
}

std::optional<SequenceCursor> SequenceCursor::parse(std::string_view text) {
    const auto plain = base64url_decode(text);
    if (!plain || plain->size() < 2 || (plain->front() != 'a' && plain->front() != 'd')) return std::nullopt;
    SequenceCursor cursor{.order = plain->front() == 'a' ? SortOrder::asc : SortOrder::desc};
    const char* last = plain->data() + plain->size();
    const auto [end, error] = std::from_chars(plain->data() + 1, last, cursor.sequence);
    if (error != std::errc() || end != last || cursor.sequence < 0) return std::nullopt;
    return cursor;
}

}  // namespace agentic::schemas

namespace agentic::schema {

template <>
struct Rules<schemas::Pagination> {
    static constexpr std::string_view doc = "Where this page stands in the whole list.";
    static constexpr auto fields = std::tuple{
        field("total", describe("Items on all pages.")),
    };
};
template struct Codec<schemas::Pagination>;

template <>
struct Rules<schemas::PageQuery> {
    static constexpr auto fields = std::tuple{schemas::kPageRule, schemas::kLimitRule};
};
template struct Codec<schemas::PageQuery>;

}  // namespace agentic::schema

#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::db {

/// Which page of a list: `number` counts from 1.
struct PageRequest {
    std::int64_t number = 1;
    std::int64_t size = 20;

    std::int64_t offset() const { return (number - 1) * size; }
};

/// One page and the number of rows on all pages, read in one transaction.
template <class Row>
struct Page {
    std::vector<Row> rows;
    std::int64_t total = 0;
};

/// `%text%` for LIKE ... ESCAPE '\': what the client typed is searched for literally.
std::string like_pattern(std::string_view text);

}  // namespace agentic::db

#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "knowledge/vector_rows.hpp"

namespace agentic::knowledge {

/// A row and how similar its codes say it is.
struct NearRow {
    float score = 0;
    RowNumber row = 0;
};

/// What one thread needs for a search, kept between searches.
struct GraphScratch {
    std::vector<std::uint16_t> seen;  // per row: the number of the search that saw it
    std::uint16_t search = 0;
    std::vector<NearRow> pool;        // best first
    std::vector<RowNumber> fresh;
};

/// A hierarchical navigable small world (Malkov, Yashunin 2018) over the codes of rows [0, count). A search changes nothing; rows are inserted by its one owner.
class VectorGraph {
public:
    explicit VectorGraph(std::size_t links) : links_(links) {}

    /// Links rows [count(), rows.count()). False when `stop` was set: then the graph is of no use.
    bool insert(const VectorRows& rows, std::size_t build_width, const std::atomic<bool>& stop);

    /// The `width` rows that are nearest by their codes, best first; removed rows are among them.
    void search(const VectorRows& rows, const QuantizedQuery& query, std::size_t width, GraphScratch& scratch) const;

    std::size_t count() const { return count_; }
    std::size_t bytes() const;

private:
    std::size_t links_at(std::size_t level) const { return level == 0 ? 2 * links_ : links_; }
    std::span<const RowNumber> neighbours(RowNumber row, std::size_t level) const;
    std::span<RowNumber> neighbours(RowNumber row, std::size_t level);
    RowNumber descend(const VectorRows& rows, const QuantizedQuery& query, std::size_t level) const;
    void search_level(const VectorRows& rows, const QuantizedQuery& query, RowNumber from, std::size_t level, std::size_t width, GraphScratch& scratch) const;
    void make_space(std::size_t count);
    void insert_row(const VectorRows& rows, RowNumber row, std::size_t build_width, GraphScratch& scratch);
    void link_back(const VectorRows& rows, RowNumber from, RowNumber to, float score, std::size_t level);

    std::size_t links_;
    std::size_t count_ = 0;
    std::size_t top_level_ = 0;
    RowNumber entry_ = kNoRow;
    std::vector<RowNumber> ground_;         // 2 * links_ per row, kNoRow behind the last
    std::vector<std::uint32_t> upper_at_;   // per row: where its lists of level 1, 2, ... begin in upper_
    std::vector<RowNumber> upper_;          // links_ per row and level
};

}  // namespace agentic::knowledge

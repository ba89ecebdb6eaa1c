#include "db/row_mapper.hpp"

namespace agentic::db::detail {

void missing_column(std::string_view name) { throw std::logic_error("the statement returns no column " + std::string(name)); }

void bad_cell(const Rows& rows, std::size_t column, std::string_view problem) {
    throw std::logic_error("column " + rows.columns()[column] + " " + std::string(problem));
}

}  // namespace agentic::db::detail

#include "db/repositories/delete_in_pieces.hpp"

namespace agentic::db {

constexpr std::int64_t kRowsPerDelete = 1000;

Task<std::int64_t> delete_in_pieces(Executor& db, SystemScope scope, const Statement& statement, Timestamp before) {
    std::int64_t total = 0;
    while (true) {
        AGENTIC_CO_TRY(const auto rows, co_await db.query(scope, statement, {before, kRowsPerDelete}));
        total += rows.affected;
        if (rows.affected < kRowsPerDelete) co_return total;
    }
}

}  // namespace agentic::db

#include <gtest/gtest.h>

#include "db/sql.hpp"
#include "db/sql_tokens.hpp"
#include "db/tenant_fence.hpp"
#include "support/database.hpp"

namespace agentic::db {
namespace {

/// Every named block of db/sql, prepared against the migrated schema.
TEST(Statements, PrepareOnSqlite) {
    test::TestDatabase database;
    for (const Statement* statement : sql::all()) {
        EXPECT_NO_THROW(database->check(*statement)) << statement->name;
    }
}

}  // namespace
}  // namespace agentic::db

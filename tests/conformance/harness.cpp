#include "conformance/harness.hpp"

#include <boost/asio/co_spawn.hpp>

namespace agentic::db::conformance {

std::span<const Migration> notes_migrations() {
    static constexpr Migration kNotes[] = {{
        .number = 1,
        .name = "notes",
        .sqlite_up = "CREATE TABLE notes (tenant_id TEXT NOT NULL, id TEXT NOT NULL, text TEXT, number INTEGER NOT NULL, ratio REAL, flag INTEGER, "
                     "PRIMARY KEY (tenant_id, id)) STRICT;"
                     "CREATE UNIQUE INDEX notes_text ON notes (tenant_id, text);"
                     "CREATE TABLE links (tenant_id TEXT NOT NULL, note_id TEXT NOT NULL, "
                     "FOREIGN KEY (tenant_id, note_id) REFERENCES notes (tenant_id, id) ON DELETE CASCADE) STRICT",
        .sqlite_down = "DROP TABLE links; DROP TABLE notes",
        .postgres_up = "CREATE TABLE notes (tenant_id UUID NOT NULL, id UUID NOT NULL, text TEXT, number BIGINT NOT NULL, ratio DOUBLE PRECISION, flag BOOLEAN, "
                       "PRIMARY KEY (tenant_id, id));"
                       "CREATE UNIQUE INDEX notes_text ON notes (tenant_id, text);"
                       "CREATE TABLE links (tenant_id UUID NOT NULL, note_id UUID NOT NULL, "
                       "FOREIGN KEY (tenant_id, note_id) REFERENCES notes (tenant_id, id) ON DELETE CASCADE)",
        .postgres_down = "DROP TABLE links; DROP TABLE notes",
        .sqlite_sha256 = "s",
        .postgres_sha256 = "p",
    }};
    return kNotes;
}

namespace {

Statement both(std::string_view name, std::string_view sql, bool writes, bool cross_tenant = false) {
    return {.name = name, .sqlite = sql, .postgres = sql, .writes = writes, .cross_tenant = cross_tenant};
}

}  // namespace

const Statement kInsert = both("note_insert", "INSERT INTO notes (tenant_id, id, text, number) VALUES ($1, $2, $3, $4)", true);
const Statement kUpsert = both("note_upsert",
                               "INSERT INTO notes (tenant_id, id, text, number) VALUES ($1, $2, $3, $4) "
                               "ON CONFLICT (tenant_id, id) DO UPDATE SET number = excluded.number RETURNING number",
                               true);
const Statement kList = both("note_list", "SELECT id, text, number FROM notes WHERE tenant_id = $1 ORDER BY id", false);
const Statement kCount = both("note_count", "SELECT COUNT(*) AS n, SUM(number) AS total FROM notes WHERE tenant_id = $1", false);
const Statement kAdd = both("note_add", "UPDATE notes SET number = number + $3 WHERE tenant_id = $1 AND id = $2", true);
const Statement kDelete = both("note_delete", "DELETE FROM notes WHERE tenant_id = $1 AND id = $2", true);
const Statement kLink = both("link_insert", "INSERT INTO links (tenant_id, note_id) VALUES ($1, $2)", true);
const Statement kCountAll = both("note_count_all", "SELECT COUNT(*) AS n FROM notes", false, true);
const Statement kMoveAll = both("note_move_all", "UPDATE notes SET tenant_id = $1", true, true);
const Statement kKinds{.name = "kinds",
                       .sqlite = "SELECT CAST($1 AS TEXT) AS t, CAST($2 AS BIGINT) AS i, CAST($3 AS DOUBLE PRECISION) AS r, CAST($4 AS BOOLEAN) AS b",
                       .postgres = "SELECT CAST($1 AS TEXT) AS t, CAST($2 AS BIGINT) AS i, CAST($3 AS DOUBLE PRECISION) AS r, CAST($4 AS BOOLEAN) AS b"};
const Statement kBytes{.name = "bytes", .sqlite = "SELECT CAST($1 AS BLOB) AS bytes", .postgres = "SELECT CAST($1 AS BYTEA) AS bytes"};
const Statement kSlow{.name = "slow",
                      .sqlite = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) AS n FROM n",
                      .postgres = "SELECT pg_sleep(9) AS n"};

void run_on_threads(int threads, int per_thread, std::function<Awaitable<void>(int)> work) {
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&work, t, per_thread] {
            asio::io_context context(1);
            for (int i = 0; i < per_thread; ++i) {
                asio::co_spawn(context, work(t * per_thread + i), [](std::exception_ptr thrown) {
                    try {
                        if (thrown) std::rethrow_exception(thrown);
                    } catch (const std::exception& failure) {
                        ADD_FAILURE() << failure.what();
                    }
                });
            }
            context.run();
        });
    }
}

}  // namespace agentic::db::conformance

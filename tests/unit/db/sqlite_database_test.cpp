#include "db/sqlite/database.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "db/row_mapper.hpp"
#include "support/co_test.hpp"
#include "support/database.hpp"

namespace agentic::db {
namespace {

constexpr Migration kNotes[] = {{
    .number = 1,
    .name = "notes",
    .sqlite_up = "CREATE TABLE tenants (id TEXT PRIMARY KEY, name TEXT NOT NULL);"
                 "CREATE TABLE notes (id TEXT NOT NULL, tenant_id TEXT NOT NULL, text TEXT, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, text));"
                 "CREATE TABLE links (tenant_id TEXT NOT NULL, note_id TEXT NOT NULL, FOREIGN KEY (tenant_id, note_id) REFERENCES notes (tenant_id, id) "
                 "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
    .sqlite_down = "DROP TABLE links; DROP TABLE notes; DROP TABLE tenants",
    .sqlite_sha256 = "s1",
}};

const Statement kInsert{.name = "note_insert", .sqlite = "INSERT INTO notes (id, tenant_id, text) VALUES ($2, $1, $3)", .postgres = {}, .writes = true};
const Statement kList{.name = "note_list", .sqlite = "SELECT id, text FROM notes WHERE tenant_id = $1 ORDER BY id", .postgres = {}};
const Statement kUpdate{.name = "note_update", .sqlite = "UPDATE notes SET text = $3 WHERE tenant_id = $1 AND id = $2", .postgres = {}, .writes = true};
const Statement kDelete{.name = "note_delete", .sqlite = "DELETE FROM notes WHERE tenant_id = $1 AND id = $2", .postgres = {}, .writes = true};
const Statement kLink{.name = "link_insert", .sqlite = "INSERT INTO links (tenant_id, note_id) VALUES ($1, $2)", .postgres = {}, .writes = true};
const Statement kUnscoped{.name = "note_by_id", .sqlite = "SELECT text FROM notes WHERE id = $1", .postgres = {}};
const Statement kEverything{.name = "note_count", .sqlite = "SELECT count(*) AS n FROM notes", .postgres = {}, .cross_tenant = true};
const Statement kMove{.name = "note_move", .sqlite = "UPDATE notes SET tenant_id = $1", .postgres = {}, .writes = true, .cross_tenant = true};
const Statement kEndless{
    .name = "endless", .sqlite = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS n FROM n", .postgres = {}};

const Statement kEndlessWrite{
    .name = "endless_write", .sqlite = "INSERT INTO notes (id, tenant_id, text) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'e' || i, 't', NULL FROM n WHERE i < 0",
    .postgres = {}, .writes = true, .cross_tenant = true};

const Uuid kA = *Uuid::parse("0191b2a4-7c3d-7e11-8f00-00000000000a");
const Uuid kB = *Uuid::parse("0191b2a4-7c3d-7e11-8f00-00000000000b");
Scope scope(const Uuid& tenant) { return TenantScope::system(tenant, "test"); }
Scope everyone() { return SystemScope::because("test"); }

struct Mode {
    std::string name;
    bool inline_reads;
};
void PrintTo(const Mode& mode, std::ostream* out) { *out << mode.name; }

class SqliteDatabase : public testing::TestWithParam<Mode> {
public:
    SqliteDatabase() : db(kNotes, options()) {}
    static sqlite::Options options() {
        sqlite::Options out;
        out.inline_reads = GetParam().inline_reads;
        out.reader_threads = 2;
        out.statement_timeout = std::chrono::milliseconds(300);
        return out;
    }
    test::TestDatabase db;
};
INSTANTIATE_TEST_SUITE_P(Readers, SqliteDatabase, testing::Values(Mode{"Threads", false}, Mode{"Inline", true}), [](const auto& mode) { return mode.param.name; });

template <class T>
ErrorCode error_of(const Result<T>& result) {
    if (result) ADD_FAILURE() << "succeeded";
    return result ? ErrorCode::internal_error : result.error().code;
}

AGENTIC_CO_TEST_P(SqliteDatabase, ReadsWhatItWrote) {
    const auto inserted = co_await self.db->query(scope(kA), kInsert, {kA, "1", "hello"});
    EXPECT_EQ(inserted->affected, 1);
    const auto rows = co_await self.db->query(scope(kA), kList, {kA});
    EXPECT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->text(0, 1), "hello");
    EXPECT_EQ((co_await self.db->query(scope(kB), kList, {kB}))->size(), 0u);
}

AGENTIC_CO_TEST_P(SqliteDatabase, BindsParametersByNumberNotByPlace) {
    co_await self.db->query(scope(kA), kInsert, {kA, "the id", "the text"});
    const auto rows = co_await self.db->query(scope(kA), kList, {kA});
    EXPECT_EQ(rows->text(0, 0), "the id");
    EXPECT_EQ(rows->text(0, 1), "the text");
}

AGENTIC_CO_TEST_P(SqliteDatabase, BatchIsAllOrNothing) {
    const auto failed = co_await self.db->batch(scope(kA), batch_of(Step{kInsert, {kA, "1", "x"}}, Step{kInsert, {kA, "1", "y"}}));
    EXPECT_EQ(error_of(failed), ErrorCode::conflict);
    EXPECT_NE(failed.error().internal_context.find("notes.tenant_id, notes.id"), std::string::npos) << failed.error().internal_context;
    EXPECT_TRUE((co_await self.db->query(scope(kA), kList, {kA}))->empty());
}

AGENTIC_CO_TEST_P(SqliteDatabase, UnmetExpectationRollsTheBatchBack) {
    const Error gone{.code = ErrorCode::not_found, .public_message = "gone", .internal_context = {}, .violations = {}};
    const auto failed = co_await self.db->batch(scope(kA), batch_of(Step{kInsert, {kA, "1", "x"}}, Step{kUpdate, {kA, "2", "y"}, 1, gone}));
    EXPECT_EQ(error_of(failed), ErrorCode::not_found);
    EXPECT_TRUE((co_await self.db->query(scope(kA), kList, {kA}))->empty());
}

AGENTIC_CO_TEST_P(SqliteDatabase, DeferredForeignKeyFailsItsOwnBatchOnly) {
    EXPECT_EQ(error_of(co_await self.db->query(scope(kA), kLink, {kA, "nowhere"})), ErrorCode::conflict);
    EXPECT_TRUE((co_await self.db->batch(scope(kA), batch_of(Step{kLink, {kA, "1"}}, Step{kInsert, {kA, "1", "x"}}))).has_value());
    EXPECT_EQ(error_of(co_await self.db->query(scope(kB), kLink, {kB, "1"})), ErrorCode::conflict);  // tenant A's note
}

AGENTIC_CO_TEST_P(SqliteDatabase, ForeignKeyActionsDoNotTripTheFence) {
    co_await self.db->batch(scope(kA), batch_of(Step{kInsert, {kA, "1", "x"}}, Step{kLink, {kA, "1"}}));
    EXPECT_EQ((co_await self.db->query(scope(kA), kDelete, {kA, "1"}))->affected, 1);
}

AGENTIC_CO_TEST_P(SqliteDatabase, RefusesStatementWithoutTenantClause) {
    EXPECT_THROW(co_await self.db->query(scope(kA), kUnscoped, {"1"}), std::logic_error);
}

AGENTIC_CO_TEST_P(SqliteDatabase, RefusesOtherTenantThanItsScope) {
    EXPECT_THROW(co_await self.db->query(scope(kA), kList, {kB}), std::logic_error);
    EXPECT_THROW(co_await self.db->query(scope(kA), kInsert, {kB, "1", "x"}), std::logic_error);
    EXPECT_THROW(co_await self.db->query(scope(kA), kList, {std::nullopt}), std::logic_error);
}

AGENTIC_CO_TEST_P(SqliteDatabase, CrossTenantStatementNeedsSystemScope) {
    EXPECT_THROW(co_await self.db->query(scope(kA), kEverything, {}), std::logic_error);
    EXPECT_EQ((co_await self.db->query(everyone(), kEverything, {}))->integer(0, 0), 0);
}

AGENTIC_CO_TEST_P(SqliteDatabase, TriggerRefusesToMoveRowToOtherTenant) {
    co_await self.db->query(scope(kA), kInsert, {kA, "1", "x"});
    EXPECT_EQ(error_of(co_await self.db->query(everyone(), kMove, {kB})), ErrorCode::internal_error);
    EXPECT_EQ((co_await self.db->query(scope(kA), kList, {kA}))->size(), 1u);
}

AGENTIC_CO_TEST_P(SqliteDatabase, EndlessStatementMeetsItsDeadline) {
    EXPECT_EQ(error_of(co_await self.db->query(everyone(), kEndless, {})), ErrorCode::deadline_exceeded);
    EXPECT_TRUE((co_await self.db->ping()).has_value());
}

AGENTIC_CO_TEST_P(SqliteDatabase, ReadRefusesWritingStatement) {
    EXPECT_THROW(co_await self.db->read(scope(kA), batch_of(Step{kInsert, {kA, "1", "x"}})), std::logic_error);
}

AGENTIC_CO_TEST_P(SqliteDatabase, RefusesTextThatEnginesStoreDifferently) {
    EXPECT_EQ(error_of(co_await self.db->query(scope(kA), kInsert, {kA, "1", std::string("a\0b", 3)})), ErrorCode::bad_request);
    EXPECT_EQ(error_of(co_await self.db->query(scope(kA), kInsert, {kA, "1", "\xff"})), ErrorCode::bad_request);
    EXPECT_EQ(error_of(co_await self.db->query(scope(kA), kInsert, {kA, "1", 0.0 / 0.0})), ErrorCode::bad_request);
}

AGENTIC_CO_TEST_P(SqliteDatabase, KeepsEverythingOverReopen) {
    co_await self.db->query(scope(kA), kInsert, {kA, "1", "x"});
    self.db.reopen();
    EXPECT_EQ((co_await self.db->query(scope(kA), kList, {kA}))->size(), 1u);
}

TEST_P(SqliteDatabase, FileIsPrivateAndOwnedByOneProcess) {
    struct stat info {};
    ASSERT_EQ(::stat(db.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    const auto second = sqlite::Database::open(db.options());
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().public_message.find("process " + std::to_string(::getpid())), std::string::npos) << second.error().public_message;
}

/// The first one keeps the writer busy, so that the others are taken as one group. SQLite gives a whole transaction up when a write in it is interrupted.
TEST_P(SqliteDatabase, ABatchThatTakesTooLongFailsAlone) {
    asio::io_context context(1);
    std::vector<std::string> outcomes(4);
    const auto write = [&](std::size_t i, const Statement& statement, Params params) {
        asio::co_spawn(
            context,
            [](sqlite::Database& database, const Statement& what, Params with, std::string& outcome) -> Awaitable<void> {
                const auto done = co_await database.query(what.cross_tenant ? everyone() : scope(kA), what, std::move(with));
                outcome = done ? "written" : to_string(done.error().code);
            }(*db, statement, std::move(params), outcomes[i]),
            asio::detached);
    };
    write(0, kEndlessWrite, {});
    write(1, kInsert, {kA, "1", "before"});
    write(2, kEndlessWrite, {});
    write(3, kInsert, {kA, "2", "after"});
    context.run();
    EXPECT_EQ(outcomes, (std::vector<std::string>{"deadline_exceeded", "written", "deadline_exceeded", "written"}));
}

/// Returns when it has begun a transaction: what is queued from then on is of a later group.
void wait_for_the_writer(const std::filesystem::path& path) {
    sqlite3* handle = nullptr;
    sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
    while (sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK) {
        sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    sqlite3_close(handle);
}

TEST(SqliteQueue, WhoWaitsTooLongIsToldThatTheDatabaseIsBusy) {
    sqlite::Options options;
    options.reader_threads = 1;
    options.statement_timeout = std::chrono::seconds(1);
    options.queue_timeout = std::chrono::milliseconds(100);
    test::TestDatabase db(kNotes, options);
    asio::io_context context(1);
    std::vector<ErrorCode> late;
    const auto spawn = [&](const Statement& statement, Params params, bool is_late) {
        asio::co_spawn(
            context,
            [](sqlite::Database& database, const Statement& what, Params with, std::vector<ErrorCode>* out) -> Awaitable<void> {
                const auto done = co_await database.query(what.cross_tenant ? everyone() : scope(kA), what, std::move(with));
                if (out != nullptr) out->push_back(error_of(done));
            }(*db, statement, std::move(params), is_late ? &late : nullptr),
            asio::detached);
    };
    spawn(kEndlessWrite, {}, false);
    spawn(kEndless, {}, false);
    context.poll();
    wait_for_the_writer(db.path());
    spawn(kInsert, {kA, "1", "x"}, true);
    spawn(kList, {kA}, true);
    context.run();
    EXPECT_EQ(late, (std::vector{ErrorCode::unavailable, ErrorCode::unavailable}));
}

/// Many coroutines on several I/O threads: every write is its own batch, resumes on its own thread, and fails alone.
TEST_P(SqliteDatabase, WritersOfManyThreadsShareCommitsAndFailAlone) {
    constexpr int kThreads = 4;
    constexpr int kPerThread = 50;
    std::atomic<int> conflicts{0};
    std::atomic<int> wrong_thread{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            asio::io_context context(1);
            for (int i = 0; i < kPerThread; ++i) {
                asio::co_spawn(
                    context,
                    [&, t, i]() -> Awaitable<void> {
                        const auto id = std::to_string(t * kPerThread + i);
                        const auto text = i % 5 == 0 ? std::string("taken") : id;  // all but one of these break UNIQUE (tenant_id, text)
                        const auto done = co_await db->query(scope(kA), kInsert, {kA, id, text});
                        if (!done) ++conflicts;
                        if (!context.get_executor().running_in_this_thread()) ++wrong_thread;
                    },
                    [](std::exception_ptr thrown) { if (thrown) std::rethrow_exception(thrown); });
            }
            context.run();
        });
    }
    threads.clear();
    EXPECT_EQ(conflicts, kThreads * kPerThread / 5 - 1);
    EXPECT_EQ(wrong_thread, 0);
    test::run_coroutine([this] { return [](SqliteDatabase& self) -> Awaitable<void> {
        EXPECT_EQ((co_await self.db->query(everyone(), kEverything, {}))->integer(0, 0), kThreads * kPerThread - (kThreads * kPerThread / 5 - 1));
    }(*this); });
}

}  // namespace
}  // namespace agentic::db

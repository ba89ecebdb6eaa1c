// SQLite on a disk that loses power, fails and fills up. What was acknowledged must be there afterwards; the weaker settings, and a writer that
// acknowledges too early, must be caught losing something: otherwise these tests prove nothing.
#include <boost/asio/use_awaitable.hpp>
#include <sqlite3.h>
#include <thread>

#include "async/wakeup.hpp"
#include "conformance/harness.hpp"
#include "support/synced_vfs.hpp"

namespace agentic::db::conformance {
namespace {

using Fault = test::SyncedVfs::Fault;
using Synchronous = sqlite::Options::Synchronous;

sqlite::Options on_shim(const std::filesystem::path& path, Synchronous synchronous) {
    sqlite::Options options;
    options.path = path;
    options.vfs = test::SyncedVfs::kName;
    options.synchronous = synchronous;
    options.reader_threads = 2;
    return options;
}

void migrate_notes(const sqlite::Options& options) {
    auto session = test::value_or_throw(sqlite::open_migrations(options));
    test::value_or_throw(migrate_up(*session, notes_migrations(), test::FakeClock()));
}

struct Outcome {
    std::size_t acknowledged = 0;
    std::size_t lost = 0;
    bool is_intact = true;
    std::set<std::string> writers;
};

/// SQLite's own check of every page and index.
bool is_intact(const std::filesystem::path& path) {
    sqlite3* handle = nullptr;
    std::string verdict;
    sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
    sqlite3_exec(
        handle, "PRAGMA integrity_check", [](void* out, int, char** cells, char**) { return static_cast<std::string*>(out)->append(cells[0]), 0; }, &verdict, nullptr);
    sqlite3_close(handle);
    return verdict == "ok";
}

/// Writes from several threads, cuts the power in the middle, and looks for what had been acknowledged before.
Outcome lose_power(sqlite::Options options, int cut_after_ms, Fault fault) {
    test::SyncedVfs disk;
    const test::TempDir after;
    Outcome outcome;
    std::mutex mutex;
    std::set<int> acknowledged;
    std::atomic<bool> stop{false};
    migrate_notes(on_shim(options.path, Synchronous::full));  // the schema itself is not at stake here
    auto database = test::value_or_throw(sqlite::Database::open(options));
    disk.take_writers();
    disk.inject(fault);
    std::jthread cutter([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(cut_after_ms));
        const std::lock_guard lock(mutex);  // nothing is acknowledged while the picture is taken
        disk.power_cut(after.path());
        outcome.acknowledged = acknowledged.size();
        outcome.writers = disk.take_writers();
        stop = true;
    });
    run_on_threads(2, 8, [&](int i) -> Awaitable<void> {
        for (int n = i; !stop; n += 16) {
            const auto done = co_await database->query(scope(kA), kInsert, {kA, id_of(n), std::to_string(n), n});
            co_await database->query(scope(kA), kCount, {kA});
            const std::lock_guard lock(mutex);
            if (done && !stop) acknowledged.insert(n);
        }
    });
    cutter.join();
    database.reset();
    options.path = after / options.path.filename().string();
    options.vfs.clear();
    outcome.is_intact = is_intact(options.path);
    outcome.lost = outcome.acknowledged;
    if (!outcome.is_intact) return outcome;
    auto survivor = test::value_or_throw(sqlite::Database::open(options));
    outcome.lost = 0;
    test::run_coroutine([&] { return [](sqlite::Database& db, std::set<int>& expected, Outcome& out) -> Awaitable<void> {
        const auto rows = co_await db.query(scope(kA), kList, {kA});
        std::set<int> found;
        for (std::size_t i = 0; rows && i < rows->size(); ++i) found.insert(static_cast<int>(rows->integer(i, 2)));
        EXPECT_TRUE(rows.has_value()) << context_of(rows);
        for (const int n : expected) out.lost += found.contains(n) ? 0 : 1;
    }(*survivor, acknowledged, outcome); });
    return outcome;
}

struct Disaster {
    Synchronous synchronous = Synchronous::full;
    bool acknowledge_early = false;
    int checkpoint_pages = 1000;
    Fault fault = Fault::none;
};

Outcome lose_power_often(int cycles, const Disaster& disaster = {}) {
    Outcome total;
    for (int i = 0; i < cycles; ++i) {
        const test::TempDir before;
        auto options = on_shim(before / "test.db", disaster.synchronous);
        options.acknowledge_before_commit = disaster.acknowledge_early;
        options.checkpoint_pages = disaster.checkpoint_pages;
        const auto one = lose_power(options, 20 + 7 * i, disaster.fault);
        total.acknowledged += one.acknowledged;
        total.lost += one.lost;
        total.is_intact = total.is_intact && one.is_intact;
        total.writers.insert(one.writers.begin(), one.writers.end());
    }
    return total;
}

TEST(Durability, FullLosesNothingAcknowledged) {
    const auto outcome = lose_power_often(12);
    EXPECT_GT(outcome.acknowledged, 100u);
    EXPECT_EQ(outcome.lost, 0u);
    EXPECT_TRUE(outcome.is_intact);
}

TEST(Durability, CopyingTheLogBesideCommitsLosesNothing) {
    const auto outcome = lose_power_often(12, {.checkpoint_pages = 8});
    EXPECT_GT(outcome.acknowledged, 100u);
    EXPECT_EQ(outcome.lost, 0u);
    EXPECT_TRUE(outcome.is_intact);
    EXPECT_EQ(outcome.writers, (std::set<std::string>{"sqlite-copier", "sqlite-writer"})) << "nobody else touches the database and its log";
}
TEST(DurabilityControl, CopyingWithoutSyncingIsCaught) {
    EXPECT_GT(lose_power_often(5, {.checkpoint_pages = 8, .fault = Fault::database_never_synced}).lost, 0u);
}

/// Writes to disk of the second of two inserts; the first one starts the log.
std::size_t writes_of_a_commit(Synchronous synchronous) {
    test::SyncedVfs disk;
    const test::TempDir directory;
    const auto options = on_shim(directory / "test.db", synchronous);
    migrate_notes(options);
    auto database = test::value_or_throw(sqlite::Database::open(options));
    std::size_t writes = 0;
    test::run_coroutine([&] { return [](sqlite::Database& db, test::SyncedVfs& shim, std::size_t& out) -> Awaitable<void> {
        EXPECT_TRUE((co_await db.query(scope(kA), kInsert, {kA, id_of(1), "first", 1})).has_value());
        shim.take_writes();
        EXPECT_TRUE((co_await db.query(scope(kA), kInsert, {kA, id_of(2), "second", 2})).has_value());
        out = shim.take_writes();
    }(*database, disk, writes); });
    return writes;
}

TEST(Durability, ACommitIsOneWrite) { EXPECT_EQ(writes_of_a_commit(Synchronous::full), 1u); }
TEST(DurabilityControl, WithoutGatheringEachPageTakesTwoWrites) { EXPECT_GT(writes_of_a_commit(Synchronous::normal), 2u); }

TEST(DurabilityControl, NormalIsCaughtLosing) { EXPECT_GT(lose_power_often(3, {.synchronous = Synchronous::normal}).lost, 0u); }
TEST(DurabilityControl, OffIsCaughtLosing) { EXPECT_GT(lose_power_often(3, {.synchronous = Synchronous::off}).lost, 0u); }

TEST(DurabilityControl, AcknowledgingBeforeCommitIsCaught) { EXPECT_GT(lose_power_often(5, {.acknowledge_early = true}).lost, 0u); }

struct Injected {
    std::string name;
    Fault fault;
    ErrorCode code;
    int checkpoint_pages = 1000;
};
void PrintTo(const Injected& injected, std::ostream* out) { *out << injected.name; }
class DiskFaults : public testing::TestWithParam<Injected> {};

/// Writes fail and say why, reads go on, the disk heals, and everything acknowledged survives a power cut after that.
TEST_P(DiskFaults, StopAcknowledgementsNotReads) {
    test::SyncedVfs disk;
    const test::TempDir directory;
    const test::TempDir after;
    auto options = on_shim(directory / "test.db", Synchronous::full);
    options.checkpoint_pages = GetParam().checkpoint_pages;
    migrate_notes(options);
    auto database = test::value_or_throw(sqlite::Database::open(options));
    test::run_coroutine([&] { return [](sqlite::Database& db, test::SyncedVfs& shim, Injected injected) -> Awaitable<void> {
        EXPECT_TRUE((co_await db.query(scope(kA), kInsert, {kA, id_of(1), "before", 1})).has_value());
        shim.inject(injected.fault);
        for (int i = 0; i < 3; ++i) {
            const auto refused = co_await db.query(scope(kA), kInsert, {kA, id_of(2), "during", 2});
            EXPECT_EQ(error_of(refused), injected.code) << context_of(refused);
            EXPECT_EQ((co_await db.query(scope(kA), kCount, {kA}))->integer(0, 0), 1);
        }
        shim.inject(Fault::none);
        bool healed = false;
        for (int i = 0; i < 40 && !healed; ++i) {
            healed = (co_await db.query(scope(kA), kInsert, {kA, id_of(3), "after", 3})).has_value();
            if (healed) break;
            async::SteadyTimer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(50));
            co_await pause.async_wait(asio::use_awaitable_t<IoExecutor>());
        }
        EXPECT_TRUE(healed);
    }(*database, disk, GetParam()); });
    disk.power_cut(after.path());
    database.reset();
    options.path = after / "test.db";
    options.vfs.clear();
    auto survivor = test::value_or_throw(sqlite::Database::open(options));
    test::run_coroutine([&] { return [](sqlite::Database& db) -> Awaitable<void> {
        const auto rows = co_await db.query(scope(kA), kList, {kA});
        EXPECT_TRUE(rows && rows->size() == 2 && rows->text(0, 1) == "before" && rows->text(1, 1) == "after") << context_of(rows);
    }(*survivor); });
}
INSTANTIATE_TEST_SUITE_P(All, DiskFaults,
                         testing::Values(Injected{"SyncFails", Fault::sync_fails, ErrorCode::unavailable},
                                         Injected{"WriteFails", Fault::write_fails, ErrorCode::unavailable},
                                         Injected{"DiskFull", Fault::disk_full, ErrorCode::storage_full},
                                         Injected{"SyncFailsWhileCopying", Fault::sync_fails, ErrorCode::unavailable, 1},
                                         Injected{"WriteFailsWhileCopying", Fault::write_fails, ErrorCode::unavailable, 1},
                                         Injected{"DiskFullWhileCopying", Fault::disk_full, ErrorCode::storage_full, 1}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace agentic::db::conformance

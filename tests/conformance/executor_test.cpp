#include "db/executor.hpp"

#include "conformance/harness.hpp"

namespace agentic::db::conformance {
namespace {

class ExecutorSuite : public Conformance {};
AGENTIC_CONFORMANCE(ExecutorSuite);

AGENTIC_CO_TEST_P(ExecutorSuite, ReadsItsOwnWrites) {
    const auto inserted = co_await self.db().query(scope(kA), kInsert, {kA, id_of(1), "hello", 7});
    EXPECT_EQ(inserted->affected, 1) << context_of(inserted);
    const auto rows = co_await self.db().query(scope(kA), kList, {kA});
    EXPECT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->text(0, 0), id_of(1).to_string());
    EXPECT_EQ(rows->text(0, 1), "hello");
    EXPECT_EQ(rows->integer(0, 2), 7);
    EXPECT_EQ(rows->affected, 0);
    EXPECT_EQ(std::vector<std::string>(rows->columns().begin(), rows->columns().end()), (std::vector<std::string>{"id", "text", "number"}));
}

AGENTIC_CO_TEST_P(ExecutorSuite, KeepsEveryKindOfValue) {
    const std::string text = "quote ' \" \\ é 漢字 \U0001F600 \n\t %s $1 ; --";
    const auto row = co_await self.db().query(everyone(), kKinds, {text, std::int64_t{-9'007'199'254'740'993}, 0.1, true});
    EXPECT_EQ(row->text(0, 0), text);
    EXPECT_EQ(row->integer(0, 1), -9'007'199'254'740'993);
    EXPECT_DOUBLE_EQ(row->real(0, 2), 0.1);
    EXPECT_EQ(row->integer(0, 3), 1);
    const auto nulls = co_await self.db().query(everyone(), kKinds, {std::nullopt, std::nullopt, std::nullopt, std::nullopt});
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(nulls->is_null(0, i)) << i;
    const auto empty = co_await self.db().query(everyone(), kKinds, {"", 0, 0.0, false});
    EXPECT_FALSE(empty->is_null(0, 0));
    EXPECT_EQ(empty->text(0, 0), "");
    EXPECT_EQ(empty->integer(0, 3), 0);
    const auto limits = co_await self.db().query(everyone(), kKinds, {"x", std::numeric_limits<std::int64_t>::min(), 1e-300, false});
    EXPECT_EQ(limits->integer(0, 1), std::numeric_limits<std::int64_t>::min());
    EXPECT_DOUBLE_EQ(limits->real(0, 2), 1e-300);
}

AGENTIC_CO_TEST_P(ExecutorSuite, KeepsEveryByte) {
    std::string bytes;
    for (int i = 0; i < 1024; ++i) bytes += static_cast<char>(i * 7 % 256);
    const auto row = co_await self.db().query(everyone(), kBytes, {Blob{bytes}});
    EXPECT_TRUE(row->blob(0, 0) == bytes);
    EXPECT_THROW(row->text(0, 0), std::logic_error);
    const auto none = co_await self.db().query(everyone(), kBytes, {std::nullopt});
    EXPECT_TRUE(none->is_null(0, 0));
    const auto empty = co_await self.db().query(everyone(), kBytes, {Blob{}});
    EXPECT_FALSE(empty->is_null(0, 0));
    EXPECT_EQ(empty->blob(0, 0), "");
}

AGENTIC_CO_TEST_P(ExecutorSuite, CarriesMegabytesBothWaysInOneBatch) {
    std::string text(3 << 20, 'x');
    for (std::size_t i = 0; i < text.size(); i += 997) text[i] = static_cast<char>('a' + i % 26);
    Batch steps;
    for (int i = 0; i < 4; ++i) steps.push_back({kKinds, {text + std::to_string(i), i, 0.0, false}});
    const auto rows = co_await self.db().batch(everyone(), std::move(steps));
    EXPECT_TRUE(rows.has_value()) << context_of(rows);
    for (std::size_t i = 0; rows && i < 4; ++i) EXPECT_TRUE((*rows)[i].text(0, 0) == text + std::to_string(i)) << i;
}

AGENTIC_CO_TEST_P(ExecutorSuite, RefusesWhatEnginesWouldStoreDifferently) {
    EXPECT_EQ(error_of(co_await self.db().query(everyone(), kKinds, {std::string("a\0b", 3), 0, 0.0, false})), ErrorCode::bad_request);
    EXPECT_EQ(error_of(co_await self.db().query(everyone(), kKinds, {"\xc3\x28", 0, 0.0, false})), ErrorCode::bad_request);
    EXPECT_EQ(error_of(co_await self.db().query(everyone(), kKinds, {"x", 0, std::numeric_limits<double>::infinity(), false})), ErrorCode::bad_request);
}

AGENTIC_CO_TEST_P(ExecutorSuite, RunsStepsInOrderInOneTransaction) {
    const auto rows = co_await self.db().batch(scope(kA), batch_of(Step{kInsert, {kA, id_of(1), "a", 1}}, Step{kAdd, {kA, id_of(1), 5}, 1}, Step{kList, {kA}, 1},
                                                                   Step{kDelete, {kA, id_of(1)}}, Step{kCount, {kA}}));
    EXPECT_TRUE(rows.has_value()) << context_of(rows);
    EXPECT_EQ((*rows)[2].integer(0, 2), 6);
    EXPECT_EQ((*rows)[3].affected, 1);
    EXPECT_EQ((*rows)[4].integer(0, 0), 0);
}

AGENTIC_CO_TEST_P(ExecutorSuite, BatchIsAllOrNothing) {
    const auto failed = co_await self.db().batch(scope(kA), batch_of(Step{kInsert, {kA, id_of(1), "a", 1}}, Step{kInsert, {kA, id_of(1), "b", 1}}));
    EXPECT_EQ(error_of(failed), ErrorCode::conflict);
    EXPECT_EQ((co_await self.db().query(scope(kA), kCount, {kA}))->integer(0, 0), 0);
    EXPECT_EQ((co_await self.db().query(scope(kA), kInsert, {kA, id_of(1), "a", 1}))->affected, 1);  // and the connection is as good as new
}

AGENTIC_CO_TEST_P(ExecutorSuite, UnmetExpectationRollsBackAndSaysWhy) {
    const Error gone{.code = ErrorCode::precondition_failed, .public_message = "somebody was faster", .internal_context = {}, .violations = {}};
    const auto failed = co_await self.db().batch(scope(kA), batch_of(Step{kInsert, {kA, id_of(1), "a", 1}}, Step{kAdd, {kA, id_of(2), 1}, 1, gone}));
    EXPECT_EQ(error_of(failed), ErrorCode::precondition_failed);
    EXPECT_EQ(failed.error().public_message, "somebody was faster");
    EXPECT_EQ((co_await self.db().query(scope(kA), kCount, {kA}))->integer(0, 0), 0);
}

AGENTIC_CO_TEST_P(ExecutorSuite, ReportsTheUnmetExpectationAndNotWhatFailedAfterIt) {
    co_await self.db().query(scope(kA), kInsert, {kA, id_of(1), "taken", 1});
    const auto missing = fail(ErrorCode::precondition_failed, "not there").error();
    const auto result = co_await self.db().batch(scope(kA), batch_of(Step{kAdd, {kA, id_of(9), 5}, 1, missing}, Step{kInsert, {kA, id_of(2), "taken", 1}}));
    EXPECT_EQ(error_of(result), ErrorCode::precondition_failed) << context_of(result);
    const auto in_order = co_await self.db().batch(scope(kA), batch_of(Step{kInsert, {kA, id_of(2), "taken", 1}}, Step{kAdd, {kA, id_of(9), 5}, 1, missing}));
    EXPECT_EQ(error_of(in_order), ErrorCode::conflict) << context_of(in_order);
}

AGENTIC_CO_TEST_P(ExecutorSuite, MetExpectationsCommit) {
    const auto done = co_await self.db().batch(scope(kA), batch_of(Step{kInsert, {kA, id_of(1), "a", 1}, 1}, Step{kList, {kA}, 1}));
    EXPECT_TRUE(done.has_value()) << context_of(done);
    EXPECT_EQ((co_await self.db().query(scope(kA), kCount, {kA}))->integer(0, 0), 1);
}

AGENTIC_CO_TEST_P(ExecutorSuite, NamesTheBrokenUniqueRule) {
    co_await self.db().query(scope(kA), kInsert, {kA, id_of(1), "same", 1});
    const auto failed = co_await self.db().query(scope(kA), kInsert, {kA, id_of(2), "same", 1});
    EXPECT_EQ(error_of(failed), ErrorCode::conflict);
    const auto context = context_of(failed);
    EXPECT_TRUE(context.contains("notes_text") || context.contains("notes.tenant_id, notes.text")) << context;
    EXPECT_FALSE(context.contains("same")) << "the row's value is in the log: " << context;
    EXPECT_EQ((co_await self.db().query(scope(kB), kInsert, {kB, id_of(2), "same", 1}))->affected, 1);  // unique per tenant only
}

AGENTIC_CO_TEST_P(ExecutorSuite, BrokenForeignKeyIsConflict) {
    EXPECT_EQ(error_of(co_await self.db().query(scope(kA), kLink, {kA, id_of(1)})), ErrorCode::conflict);
}

AGENTIC_CO_TEST_P(ExecutorSuite, UpsertReturnsTheRow) {
    EXPECT_EQ((co_await self.db().query(scope(kA), kUpsert, {kA, id_of(1), "a", 1}))->integer(0, 0), 1);
    const auto again = co_await self.db().query(scope(kA), kUpsert, {kA, id_of(1), "a", 2});
    EXPECT_EQ(again->integer(0, 0), 2);
    EXPECT_EQ(again->affected, 1);
}

AGENTIC_CO_TEST_P(ExecutorSuite, SlowStatementMeetsItsDeadline) {
    EXPECT_EQ(error_of(co_await self.db().query(everyone(), kSlow, {})), ErrorCode::deadline_exceeded);
    EXPECT_TRUE((co_await self.db().ping()).has_value());
}

AGENTIC_CO_TEST_P(ExecutorSuite, ReadRefusesWritingStatement) {
    EXPECT_THROW(co_await self.db().read(scope(kA), batch_of(Step{kDelete, {kA, id_of(1)}})), std::logic_error);
}

AGENTIC_CO_TEST_P(ExecutorSuite, CrossTenantStatementNeedsSystemScope) {
    EXPECT_THROW(co_await self.db().query(scope(kA), kCountAll, {}), std::logic_error);
    co_await self.db().query(scope(kA), kInsert, {kA, id_of(1), "a", 1});
    co_await self.db().query(scope(kB), kInsert, {kB, id_of(1), "b", 1});
    EXPECT_EQ((co_await self.db().query(everyone(), kCountAll, {}))->integer(0, 0), 2);
}

AGENTIC_CO_TEST_P(ExecutorSuite, TenantsDoNotSeeEachOther) {
    co_await self.db().query(scope(kA), kInsert, {kA, id_of(1), "a", 1});
    EXPECT_EQ((co_await self.db().query(scope(kB), kCount, {kB}))->integer(0, 0), 0);
    EXPECT_EQ((co_await self.db().query(scope(kB), kDelete, {kB, id_of(1)}))->affected, 0);
    EXPECT_EQ(error_of(co_await self.db().query(scope(kB), kLink, {kB, id_of(1)})), ErrorCode::conflict);  // a foreign key into another tenant
    EXPECT_EQ((co_await self.db().query(scope(kA), kCount, {kA}))->integer(0, 0), 1);
}

AGENTIC_CO_TEST_P(ExecutorSuite, NoRowChangesItsTenant) {
    co_await self.db().query(scope(kA), kInsert, {kA, id_of(1), "a", 1});
    EXPECT_EQ(error_of(co_await self.db().query(everyone(), kMoveAll, {kB})), ErrorCode::internal_error);
    EXPECT_EQ((co_await self.db().query(scope(kA), kCount, {kA}))->integer(0, 0), 1);
}

AGENTIC_CO_TEST_P(ExecutorSuite, DeleteCascadesWithinTheTenant) {
    co_await self.db().batch(scope(kA), batch_of(Step{kInsert, {kA, id_of(1), "a", 1}}, Step{kLink, {kA, id_of(1)}}));
    EXPECT_EQ((co_await self.db().query(scope(kA), kDelete, {kA, id_of(1)}))->affected, 1);
}

TEST_P(ExecutorSuite, ConcurrentWritersLoseNothing) {
    test::run_coroutine([this] { return [](ExecutorSuite& self) -> Awaitable<void> {
        co_await self.db().query(scope(kA), kInsert, {kA, id_of(0), "counter", 0});
    }(*this); });
    std::atomic<int> failures{0};
    run_on_threads(4, 8, [&](int i) -> Awaitable<void> {
        for (int round = 0; round < 10; ++round) {
            const auto text = std::to_string(i) + "." + std::to_string(round);
            const auto done = co_await db().batch(scope(kA), batch_of(Step{kAdd, {kA, id_of(0), 1}, 1}, Step{kInsert, {kA, id_of(1000 + i * 100 + round), text, 0}}));
            if (!done) ++failures;
            // A batch that fails takes nobody else's with it.
            const auto bad = co_await db().batch(scope(kA), batch_of(Step{kAdd, {kA, id_of(0), 1000}, 1}, Step{kInsert, {kA, id_of(0), "x", 0}}));
            if (error_of(bad) != ErrorCode::conflict) ++failures;
        }
    });
    EXPECT_EQ(failures, 0);
    test::run_coroutine([this] { return [](ExecutorSuite& self) -> Awaitable<void> {
        const auto rows = co_await self.db().query(scope(kA), kCount, {kA});
        EXPECT_EQ(rows->integer(0, 0), 321);
        EXPECT_EQ(rows->integer(0, 1), 320);
    }(*this); });
}

/// Count and list of one read() are of the same moment, whatever is written meanwhile.
TEST_P(ExecutorSuite, ReadIsOneSnapshot) {
    std::atomic<int> torn{0};
    run_on_threads(3, 2, [&](int i) -> Awaitable<void> {
        for (int round = 0; round < 40; ++round) {
            if (i < 2) {
                co_await db().query(scope(kA), kInsert, {kA, id_of(i * 1000 + round), std::to_string(i * 1000 + round), 1});
                continue;
            }
            const auto rows = co_await db().read(scope(kA), batch_of(Step{kCount, {kA}}, Step{kList, {kA}}, Step{kCount, {kA}}));
            if (!rows || (*rows)[0].integer(0, 0) != static_cast<std::int64_t>((*rows)[1].size()) || (*rows)[0].integer(0, 0) != (*rows)[2].integer(0, 0)) ++torn;
        }
    });
    EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace agentic::db::conformance

#include "knowledge/extractor_pool.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>

#include "async/task_group.hpp"
#include "support/co_test.hpp"
#include "support/temp_dir.hpp"

namespace agentic::knowledge {
namespace {

using namespace std::chrono_literals;

/// HTML whose tree takes any parser time that grows with the square of its depth: seconds of work in a small file.
std::string slow_page() {
    std::string page = "<!doctype html>";
    for (int i = 0; i < 60'000; ++i) page += "<a><b><div>";
    return page;
}

struct Fixture {
    explicit Fixture(ExtractorSettings changes = {}) : settings(std::move(changes)), blocking("blocking", 2, 64) { settings.program = AGENTIC_EXTRACT_PROGRAM; }

    std::filesystem::path file(const std::string& name, const std::string& content) {
        const auto path = folder.path() / name;
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }
    ExtractorPool& pool() {
        if (!made) made.emplace(settings, blocking, clock);
        return *made;
    }

    test::TempDir folder;
    ExtractorSettings settings;
    SystemClock clock;
    async::WorkPool blocking;
    std::optional<ExtractorPool> made;
};

AGENTIC_CO_TEST(ExtractorPool, ReadsADocument) {
    Fixture f;
    const auto document = co_await f.pool().extract(f.file("stored-under-another-name", "# One\n\nTwo *words*.\n"), "notes.md", "");
    EXPECT_TRUE(document);
    if (!document) co_return;
    EXPECT_EQ(document->text, "One\n\nTwo words.");
    EXPECT_EQ(document->media_type, "text/markdown");
    EXPECT_EQ(document->blocks.size(), 2U);
}

AGENTIC_CO_TEST(ExtractorPool, KeepsOneWorkerForManyDocuments) {
    Fixture f;
    EXPECT_TRUE(f.pool().idle_processes().empty());   // nothing runs before it is needed
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    const auto worker = f.pool().idle_processes();
    EXPECT_EQ(worker.size(), 1U);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(co_await f.pool().extract(f.file("b", "two"), "b.txt", ""));
    EXPECT_EQ(f.pool().idle_processes(), worker);
}

AGENTIC_CO_TEST(ExtractorPool, ReplacesAWorkerAfterItsShare) {
    Fixture f({.documents_per_worker = 2});
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    EXPECT_EQ(f.pool().idle_processes().size(), 1U);
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    EXPECT_TRUE(f.pool().idle_processes().empty());
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
}

AGENTIC_CO_TEST(ExtractorPool, SaysWhyAFileHasNoText) {
    Fixture f;
    const std::pair<std::string, ExtractionFailure> cases[] = {
        {std::string("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\1", 20), ExtractionFailure::unsupported_format}, {"PK\x03\x04 and no more", ExtractionFailure::malformed}, {"%PDF-1.7\nnothing", ExtractionFailure::malformed}, {"  \n\n ", ExtractionFailure::no_text},
        {"", ExtractionFailure::no_text},
    };
    for (const auto& [content, failure] : cases) {
        const auto document = co_await f.pool().extract(f.file("a", content), "a", "");
        EXPECT_FALSE(document);
        if (document) continue;
        EXPECT_EQ(document.error().code, ErrorCode::bad_request);
        EXPECT_EQ(extraction_failure_of(document.error()), failure) << to_string(failure);
        EXPECT_EQ(document.error().public_message, message_of(failure));
    }
    EXPECT_EQ(f.pool().idle_processes().size(), 1U);   // the worker is none the worse
}

AGENTIC_CO_TEST(ExtractorPool, EndsADocumentAtItsTime) {
    Fixture f({.limits = {.wall = 1s}});
    const auto document = co_await f.pool().extract(f.file("a", slow_page()), "a.html", "");
    EXPECT_FALSE(document);
    if (document) co_return;
    EXPECT_EQ(extraction_failure_of(document.error()), ExtractionFailure::time_limit);
    EXPECT_TRUE(co_await f.pool().extract(f.file("b", "after"), "b.txt", ""));
}

AGENTIC_CO_TEST(ExtractorPool, ReplacesAWorkerThatDiedWhileItWaited) {
    Fixture f;
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    const auto before = f.pool().idle_processes();
    for (const auto process : before) ::kill(process, SIGKILL);
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    EXPECT_NE(f.pool().idle_processes(), before);
}

/// Its document is tried once more, in a new one, since a worker does not die of documents.
AGENTIC_CO_TEST(ExtractorPool, SurvivesTheDeathOfAWorkerAtWork) {
    Fixture f({.limits = {.wall = 1s}});
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    const auto worker = f.pool().idle_processes().front();
    async::TaskGroup group("killer");
    group.spawn(co_await asio::this_coro::executor, [](pid_t process) -> Awaitable<void> {
        async::SteadyTimer timer(co_await asio::this_coro::executor, 200ms);
        co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>{});
        ::kill(process, SIGKILL);
    }(worker));
    const auto document = co_await f.pool().extract(f.file("slow", slow_page()), "a.html", "");
    EXPECT_TRUE(!document && extraction_failure_of(document.error()) == ExtractionFailure::time_limit);
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    EXPECT_NE(f.pool().idle_processes().front(), worker);
    co_await group.join();
}

AGENTIC_CO_TEST(ExtractorPool, ReadsSeveralAtOnceAndNoMoreThanItMay) {
    Fixture f({.workers = 2});
    auto home = co_await asio::this_coro::executor;
    async::TaskGroup group("documents");
    int read = 0;
    for (int i = 0; i < 12; ++i) {
        group.spawn(home, [](Fixture& fixture, int& count, int number) -> Awaitable<void> {
            const auto text = "document " + std::to_string(number);
            const auto document = co_await fixture.pool().extract(fixture.file(std::to_string(number), text), "a.txt", "");
            EXPECT_TRUE(document && document->text == text);
            ++count;
        }(f, read, i));
    }
    co_await group.join();
    EXPECT_EQ(read, 12);
    EXPECT_EQ(f.pool().idle_processes().size(), 2U);
}

AGENTIC_CO_TEST(ExtractorPool, CancelsADocumentAndTheOneThatWaitsForItsPlace) {
    Fixture f({.workers = 1});
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    const auto worker = f.pool().idle_processes().front();
    auto home = co_await asio::this_coro::executor;
    const auto slow = f.file("slow", slow_page());
    async::TaskGroup group("waiting");
    bool second_done = false;
    group.spawn(home, [](Fixture& fixture, bool& done) -> Awaitable<void> {
        auto ex = co_await asio::this_coro::executor;
        async::SteadyTimer timer(ex, 100ms);
        co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>{});
        const auto waiting = co_await asio::co_spawn(ex, fixture.pool().extract(fixture.file("b", "two"), "b.txt", ""), asio::cancel_after(100ms, asio::use_awaitable_t<IoExecutor>{}));
        EXPECT_TRUE(!waiting && waiting.error().code == ErrorCode::cancelled);
        done = true;
    }(f, second_done));
    const auto first = co_await asio::co_spawn(home, f.pool().extract(slow, "a.html", ""), asio::cancel_after(500ms, asio::use_awaitable_t<IoExecutor>{}));
    EXPECT_TRUE(!first && first.error().code == ErrorCode::cancelled);
    co_await group.join();
    EXPECT_TRUE(second_done);
    EXPECT_TRUE(co_await f.pool().extract(f.file("a", "one"), "a.txt", ""));
    EXPECT_NE(f.pool().idle_processes().front(), worker);   // whatever read the cancelled file is gone
}

AGENTIC_CO_TEST(ExtractorPool, SaysThatItCannotStart) {
    Fixture f;
    f.settings.program = "/nonexistent/agentic-extract";
    const auto document = co_await f.pool().extract(f.file("a", "one"), "a.txt", "");
    EXPECT_TRUE(!document && document.error().code == ErrorCode::unavailable);
    EXPECT_TRUE(!document && !extraction_failure_of(document.error()));
}

AGENTIC_CO_TEST(ExtractorPool, FollowsNoLinkAndOpensNoDevice) {
    Fixture f;
    std::filesystem::create_symlink("/etc/passwd", f.folder.path() / "link");
    EXPECT_FALSE(co_await f.pool().extract(f.folder.path() / "link", "a.txt", ""));
    EXPECT_FALSE(co_await f.pool().extract("/dev/zero", "a.txt", ""));
    EXPECT_FALSE(co_await f.pool().extract(f.folder.path(), "a.txt", ""));
}

}  // namespace
}  // namespace agentic::knowledge

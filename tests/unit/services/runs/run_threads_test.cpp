#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "async/io_pool.hpp"
#include "run_fixture.hpp"

namespace agentic::services {
namespace {

/// Several I/O threads that execute, watch and cancel each other's runs.
class RunThreads : public RunFixture {
public:
    async::IoPool pool{"test", 3};

    template <class T>
    std::future<T> on(std::size_t thread, Awaitable<T> work) {
        return asio::co_spawn(pool.executor(thread), std::move(work), asio::use_future);
    }
    Awaitable<void> begin_on_all() {
        tenant = co_await test::TestTenant::create(*database, clock, "acme");
        ann = co_await tenant->add_user(*database, clock, Role::member);
        agent = co_await add_agent("helper");
        runs = std::make_unique<RunService>(environment(*database), limits);
        (co_await runs->start({pool.executor(0), pool.executor(1), pool.executor(2)})).value();
    }
    Awaitable<void> chat(Uuid conversation, int turns) {
        for (int i = 0; i < turns; ++i) EXPECT_TRUE((co_await end_of((co_await execute("x", conversation)).value())).body.has_value());
    }
    Awaitable<std::string> watch(Uuid run_id) { co_return co_await frames_of(run_id); }
    Awaitable<RunStatus> cancel(Uuid run_id) {
        auto op = op_of(ann);
        co_return (co_await runs->cancel(op, run_id)).value().status;
    }
    Awaitable<std::shared_ptr<LiveRun>> start_one() { co_return (co_await execute("x")).value(); }
};

TEST_F(RunThreads, ShareAConversationWithoutMixingTurns) {
    pool.start();
    llm.play({{.deltas = {"a", "b"}, .pause = 1ms}});
    on(0, begin_on_all()).get();
    const auto first = on(0, start_one()).get();
    std::vector<std::future<void>> chats;
    for (std::size_t thread = 0; thread < 3; ++thread) chats.push_back(on(thread, chat(first->conversation_id, 8)));
    for (auto& done : chats) done.get();
    const auto said = on(1, messages_in(first->conversation_id)).get();
    std::string expected = "user:x assistant:ab";
    for (int i = 0; i < 24; ++i) expected += " user:x assistant:ab";
    EXPECT_EQ(said, expected);
    on(0, finish()).get();
}

TEST_F(RunThreads, WatchAndCancelFromOtherThreads) {
    pool.start();
    llm.play({{.deltas = std::vector<std::string>(50, "tok"), .pause = 1ms}, {.hangs = true}});
    on(0, begin_on_all()).get();
    const auto run = on(0, start_one()).get();
    auto one = on(1, watch(run->run_id)), two = on(2, watch(run->run_id)), three = on(0, watch(run->run_id));
    const auto bytes = one.get();
    EXPECT_TRUE(bytes.contains("event: complete"));
    EXPECT_EQ(bytes, two.get());
    EXPECT_EQ(bytes, three.get());
    const auto hanging = on(1, start_one()).get();
    EXPECT_EQ(on(2, cancel(hanging->run_id)).get(), RunStatus::cancelled);
    on(0, finish()).get();
}

}  // namespace
}  // namespace agentic::services

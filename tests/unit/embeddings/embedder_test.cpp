// The cache, single flight, the pool and the registry.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <thread>

#include "async/wakeup.hpp"
#include "core/uuid.hpp"
#include "embeddings/cached_embedder.hpp"
#include "embeddings/configured_embedders.hpp"
#include "support/co_test.hpp"
#include "support/temp_dir.hpp"
#include "tiny_model.hpp"

namespace agentic::embeddings {
namespace {

using agentic::test::TempDir;

TenantScope tenant(std::uint8_t number) {
    Uuid::Bytes bytes{};
    bytes[15] = number;
    return TenantScope::system(Uuid(bytes), "a tenant of a test");
}

/// Counts what it is asked, and answers each text with its length, once it is let go.
struct CountingSource final : VectorSource {
    Task<EmbeddedTexts> embed(std::vector<std::string> texts, Purpose) override {
        ++calls;
        embedded.insert(embedded.end(), texts.begin(), texts.end());
        if (gate) {
            co_await gate->wait(std::chrono::steady_clock::now() + std::chrono::seconds(5));
            const bool is_cancelled = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
            if (is_cancelled) co_return fail(ErrorCode::cancelled, "The embedding was cancelled");   // as EncoderPool does
        }
        if (failure) co_return std::unexpected(*failure);
        EmbeddedTexts out{.vectors = {.dimensions = 1}};
        for (const auto& text : texts) {
            out.first.push_back(out.vectors.size());
            out.vectors.values.push_back(static_cast<float>(text.size()));
            if (text.size() > 9) out.vectors.values.push_back(-1);  // two windows
        }
        out.first.push_back(out.vectors.size());
        co_return out;
    }

    int calls = 0;
    std::vector<std::string> embedded;
    std::shared_ptr<async::Wakeup> gate;
    std::optional<Error> failure;
};

struct Fixture {
    EstimatedTokens tokens;
    VectorCache cache{1 << 20};
    CountingSource* source = new CountingSource;
    CachedEmbedder embedder{EmbedderFacts{"tiny", 1, 8, tokens}, std::unique_ptr<VectorSource>(source), cache, nullptr};
};

// Not an initializer list: GCC 14.2 fails on one inside co_await.
template <class... Text>
std::vector<std::string> list(Text... texts) {
    std::vector<std::string> out;
    (out.emplace_back(std::move(texts)), ...);
    return out;
}

AGENTIC_CO_TEST(CachedEmbedder, EmbedsATextOnceForATenant) {
    Fixture f;
    const auto first = co_await f.embedder.embed(tenant(1), list("a", "bb", "a", "long enough"), Purpose::document);
    EXPECT_EQ(first->vectors.values, (std::vector<float>{1, 2, 1, 11, -1}));
    EXPECT_EQ(first->first, (std::vector<std::size_t>{0, 1, 2, 3, 5}));
    EXPECT_EQ(f.source->embedded, list("a", "bb", "long enough")) << "each text once";
    const auto second = co_await f.embedder.embed(tenant(1), list("long enough", "ccc"), Purpose::document);
    EXPECT_EQ(second->vectors.values, (std::vector<float>{11, -1, 3}));
    EXPECT_EQ(f.source->embedded.size(), 4U);
    EXPECT_TRUE((co_await f.embedder.embed(tenant(1), list(), Purpose::document))->first.size() == 1);
}

AGENTIC_CO_TEST(CachedEmbedder, SharesNothingBetweenTenantsOrPurposes) {
    Fixture f;
    co_await f.embedder.embed(tenant(1), list("secret"), Purpose::document);
    co_await f.embedder.embed(tenant(2), list("secret"), Purpose::document);
    co_await f.embedder.embed(tenant(1), list("secret"), Purpose::query);
    EXPECT_EQ(f.source->calls, 3);
    co_await f.embedder.embed(tenant(2), list("secret"), Purpose::document);
    EXPECT_EQ(f.source->calls, 3) << "the control: the same tenant does find it";
    EXPECT_NE(cache_key(tenant(1), "m", Purpose::query, "x"), cache_key(tenant(1), "mx", Purpose::query, ""));
}

AGENTIC_CO_TEST(CachedEmbedder, CallersOfTheSameTextShareOneCall) {
    Fixture f;
    const IoExecutor executor = co_await asio::this_coro::executor;
    f.source->gate = async::Wakeup::create(executor);
    int done = 0;
    const auto finished = async::Wakeup::create(executor);
    for (int i = 0; i < 8; ++i) {
        asio::co_spawn(
            executor,
            [](Fixture& fixture, int& count, std::shared_ptr<async::Wakeup> bell) -> Awaitable<void> {
                const auto out = co_await fixture.embedder.embed(tenant(1), list("same", "x"), Purpose::document);
                EXPECT_EQ(out->vectors.values, (std::vector<float>{4, 1}));
                if (++count == 8) bell->ring();
            }(f, done, finished),
            [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
    }
    async::SteadyTimer timer(executor, std::chrono::milliseconds(20));
    co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>{});
    EXPECT_EQ(f.source->calls, 1);
    f.source->gate->ring();
    EXPECT_TRUE(co_await finished->wait(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
    EXPECT_EQ(f.source->calls, 1);
}

AGENTIC_CO_TEST(CachedEmbedder, AFailureIsToldToAllAndNotKept) {
    Fixture f;
    f.source->failure = Error{.code = ErrorCode::upstream_error, .public_message = "no"};
    EXPECT_EQ((co_await f.embedder.embed(tenant(1), list("a"), Purpose::query)).error().code, ErrorCode::upstream_error);
    f.source->failure.reset();
    EXPECT_TRUE(co_await f.embedder.embed(tenant(1), list("a"), Purpose::query));
}

AGENTIC_CO_TEST(CachedEmbedder, WhoeverWaitsForACancelledCallGoesOnAlone) {
    Fixture f;
    const IoExecutor executor = co_await asio::this_coro::executor;
    f.source->gate = async::Wakeup::create(executor);
    asio::cancellation_signal cancel;
    const auto call = [](Fixture& fixture, bool& ok) -> Awaitable<void> { ok = (co_await fixture.embedder.embed(tenant(1), list("a"), Purpose::query)).has_value(); };
    bool first = false, second = false;
    const auto finished = async::Wakeup::create(executor);
    asio::co_spawn(executor, call(f, first), asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
    asio::co_spawn(executor, call(f, second), [finished](std::exception_ptr) { finished->ring(); });
    async::SteadyTimer timer(executor, std::chrono::milliseconds(10));
    co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>{});
    EXPECT_EQ(f.source->calls, 1);
    f.source->gate = nullptr;   // the next call is not held up
    cancel.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(co_await finished->wait(std::chrono::steady_clock::now() + std::chrono::seconds(5)));
    EXPECT_FALSE(first);
    EXPECT_TRUE(second) << "one caller's cancellation is another's failure";
    EXPECT_EQ(f.source->calls, 2);
}

TEST(VectorCache, ForgetsTheLeastRecentlyUsed) {
    VectorCache cache(3 * (100 * sizeof(float) + 200));
    const auto rows = std::make_shared<const std::vector<float>>(100);
    const auto key = [](std::uint8_t n) { return CacheKey{n}; };
    for (std::uint8_t n = 0; n < 3; ++n) cache.put(key(n), rows);
    EXPECT_TRUE(cache.get(key(0)));
    cache.put(key(3), rows);
    EXPECT_FALSE(cache.get(key(1)));
    EXPECT_TRUE(cache.get(key(0)));
    cache.put(key(4), std::make_shared<const std::vector<float>>(10000));
    EXPECT_FALSE(cache.get(key(4))) << "larger than the whole cache";
    EXPECT_LE(cache.bytes(), 3 * (100 * sizeof(float) + 200));
}

struct NoNetwork final : http::OutboundClient {
    Task<http::OutboundResponse> send(http::OutboundRequest) override { co_return fail(ErrorCode::upstream_error, "no network"); }
};

struct Installation {
    Installation() { test::write_tiny_model(folder / "tiny", true); }
    EmbeddersConfig config() const { return {.folders = {folder.path()}, .threads = 2, .compatible_models = {{"bge-m3", 1024}}}; }
    TempDir folder;
    NoNetwork network;
    ConfiguredEmbedders embedders{config(), network};
};

std::string long_text(std::size_t words) {
    std::string out;
    for (std::size_t i = 0; i < words; ++i) out += std::string(1, static_cast<char>('a' + i % 26)) + " ";
    return out;
}

AGENTIC_CO_TEST(ConfiguredEmbedders, EmbedsLongTextsInWindows) {
    Installation i;
    auto* embedder = *i.embedders.find("tiny");
    EXPECT_EQ(embedder->dimensions(), 32U);
    EXPECT_EQ(embedder->window(), 24U);
    EXPECT_EQ(embedder->tokens().count("hello, ab"), 4U);
    const auto out = co_await embedder->embed(tenant(1), list("", "hello", long_text(100), "a"), Purpose::document);
    EXPECT_TRUE(out) << out.error().public_message;
    EXPECT_EQ(out->first, (std::vector<std::size_t>{0, 1, 2, 7, 8})) << "100 tokens in five windows of 22, which share 2";
    const auto query = co_await embedder->embed(tenant(1), list(long_text(100)), Purpose::query);
    EXPECT_EQ(query->vectors.size(), 1U);
    const auto window = co_await embedder->embed(tenant(1), list(long_text(22)), Purpose::query);
    EXPECT_EQ(query->vectors.values, window->vectors.values) << "a query is cut to one window";
}

AGENTIC_CO_TEST(ConfiguredEmbedders, ManyRequestsAtOnceGetTheirOwnVectors) {
    Installation i;
    auto* embedder = *i.embedders.find("tiny");
    const IoExecutor executor = co_await asio::this_coro::executor;
    int done = 0;
    const auto finished = async::Wakeup::create(executor);
    std::vector<EmbeddedTexts> results(40);
    for (std::size_t n = 0; n < results.size(); ++n) {
        asio::co_spawn(
            executor,
            [](Embedder& model, EmbeddedTexts& out, std::size_t number, int& count, std::shared_ptr<async::Wakeup> bell) -> Awaitable<void> {
                std::vector<std::string> texts;
                for (std::size_t t = 0; t < 5; ++t) texts.push_back(long_text(1 + (number + t) % 20));
                out = (co_await model.embed(tenant(static_cast<std::uint8_t>(number)), std::move(texts), number % 2 == 0 ? Purpose::query : Purpose::document)).value();
                if (++count == 40) bell->ring();
            }(*embedder, results[n], n, done, finished),
            [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
    }
    EXPECT_TRUE(co_await finished->wait(std::chrono::steady_clock::now() + std::chrono::seconds(8)));
    for (std::size_t n = 0; n < results.size(); ++n) {
        for (std::size_t t = 0; t < 5; ++t) {
            const auto& same = results[(n + t) % 20].vectors.values;  // that request's first text
            float dot = 0;
            for (std::size_t d = 0; d < 32; ++d) dot += same[d] * results[n].vectors.values[t * 32 + d];
            EXPECT_NEAR(dot, 1, 1e-3);
        }
    }
}

/// Makes many sequences of a text, and nothing of a sequence.
struct BrokenModel final : PoolModel {
    std::size_t width() const override { return 1; }
    Result<void> load() override { return {}; }
    SplitTexts split(std::span<const std::string> texts, Purpose) const override {
        SplitTexts out{.sequences = std::vector<SplitTexts::Sequence>(8 * texts.size(), {.ids = {1}}), .first = {}};
        for (std::size_t i = 0; i <= texts.size(); ++i) out.first.push_back(8 * i);
        return out;
    }
    void run(std::span<const TokenSequence>, float*) override { throw std::runtime_error("broken"); }
};

AGENTIC_CO_TEST(EncoderPool, EveryCallOfABrokenModelEnds) {
    BrokenModel model;
    EncoderPool pool({.threads = 2, .pass_tokens = 1});   // a pass for each sequence
    const IoExecutor executor = co_await asio::this_coro::executor;
    int left = 3'000, wrong = 0;
    const auto finished = async::Wakeup::create(executor);
    const auto call = [&]() -> Awaitable<void> {
        while (left-- > 0) {
            const auto out = co_await pool.run(model, list("a", "b"), Purpose::query, std::chrono::steady_clock::now() + std::chrono::seconds(2));
            wrong += out || out.error().code != ErrorCode::internal_error;
        }
    };
    constexpr int kCalls = 8;
    int done = 0;
    for (int i = 0; i < kCalls; ++i) {
        asio::co_spawn(executor, call, [&](std::exception_ptr) {
            if (++done == kCalls) finished->ring();
        });
    }
    EXPECT_TRUE(co_await finished->wait(std::chrono::steady_clock::now() + std::chrono::seconds(8)));
    EXPECT_EQ(wrong, 0) << "calls that were woken by their deadline, or told of success";
}

AGENTIC_CO_TEST(ConfiguredEmbedders, AFullQueueIsUnavailable) {
    const TempDir folder;
    test::write_tiny_model(folder / "tiny", true);
    const auto model = *LocalModel::open("tiny", folder / "tiny", PrecisionChoice::fp32);
    EncoderPool pool({.threads = 1, .queue_limit_bytes = 300'000});
    const IoExecutor executor = co_await asio::this_coro::executor;
    const auto finished = async::Wakeup::create(executor);
    asio::co_spawn(
        executor, [](EncoderPool& p, LocalModel& m) -> Awaitable<void> { EXPECT_TRUE(co_await p.run(m, list(long_text(100'000)), Purpose::document)); }(pool, *model),
        [finished](std::exception_ptr) { finished->ring(); });
    co_await asio::post(executor, asio::use_awaitable_t<IoExecutor>{});
    const auto refused = co_await pool.run(*model, list(long_text(90'000)), Purpose::document);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(co_await pool.run(*model, list("a"), Purpose::query)) << "queries wait elsewhere";
    EXPECT_TRUE(co_await finished->wait(std::chrono::steady_clock::now() + std::chrono::seconds(60)));
}

TEST(ConfiguredEmbeddersFind, SaysWhatIsMissing) {
    Installation i;
    const auto refusal = [&](std::string_view name) { return i.embedders.find(name).error(); };
    EXPECT_EQ(refusal("all-MiniLM-L6-v2").code, ErrorCode::unavailable);
    EXPECT_EQ(refusal("all-MiniLM-L6-v2").public_message, "The embedding model all-MiniLM-L6-v2 is not installed; run: agentic models install all-MiniLM-L6-v2");
    EXPECT_TRUE(refusal("all-mpnet-base-v2").public_message.ends_with("agentic models install all-mpnet-base-v2 --from DIRECTORY"));
    EXPECT_EQ(refusal("text-embedding-3-small").public_message, "The embedding model text-embedding-3-small needs the server's OPENAI_API_KEY");
    EXPECT_EQ(refusal("bge-m3").code, ErrorCode::unavailable);
    for (const char* name : {"nobody", "../tiny", "", ".", "tiny/"}) EXPECT_EQ(refusal(name).code, ErrorCode::bad_request) << name;
    EXPECT_EQ(i.embedders.dimensions_of("text-embedding-3-large"), 3072U);
    EXPECT_EQ(i.embedders.dimensions_of("tiny"), 32U);
    EXPECT_EQ(i.embedders.dimensions_of("nobody"), std::nullopt);
}

AGENTIC_CO_TEST(ConfiguredEmbedders, BrokenWeightsAreSaidAndAsked) {
    Installation i;
    test::write_text(i.folder / "tiny/model.safetensors", "no");
    auto* embedder = *i.embedders.find("tiny");
    EXPECT_EQ((co_await embedder->embed(tenant(1), list("a"), Purpose::query)).error().code, ErrorCode::unavailable);
    test::write_tiny_model(i.folder / "tiny", true);
    EXPECT_TRUE(co_await embedder->embed(tenant(1), list("a"), Purpose::query)) << "mended without a restart";
}

TEST(ModelStore, InstallsWhatItHasVerified) {
    const TempDir from, to;
    test::write_tiny_model(from / "tiny", true);
    const ModelStore store({to.path()});
    EXPECT_EQ(store.verify("tiny").error().code, ErrorCode::not_found);
    const auto installed = store.install("tiny", from / "tiny");
    ASSERT_TRUE(installed) << installed.error().public_message;
    EXPECT_TRUE(store.verify("tiny"));
    EXPECT_TRUE(store.install("tiny", from / "tiny")) << "again, over the old one";
    test::write_text(from / "tiny/model.safetensors", "no");
    EXPECT_EQ(store.install("tiny", from / "tiny").error().code, ErrorCode::bad_request);
    EXPECT_TRUE(store.verify("tiny")) << "the old one stays";
    test::write_tiny_model(from / "tiny", true);
    EXPECT_EQ(store.install("all-MiniLM-L6-v2", from / "tiny").error().code, ErrorCode::bad_request) << "not the pinned files";
    EXPECT_EQ(store.install("../x", from / "tiny").error().code, ErrorCode::bad_request);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(to.path()), {}), 1) << "nothing is left behind";
    const auto listed = store.list();
    EXPECT_TRUE(std::ranges::any_of(listed, [](const auto& m) { return m.name == "tiny" && m.dimensions == 32; }));
}

}  // namespace
}  // namespace agentic::embeddings

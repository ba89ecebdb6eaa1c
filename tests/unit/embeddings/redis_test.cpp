// The tier of the embedding cache in Redis, against a real server: what is kept and for whom, and what happens when Redis is away, slow, or talks nonsense.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <mutex>

#include "async/io_pool.hpp"
#include "async/wakeup.hpp"
#include "core/log.hpp"
#include "core/uuid.hpp"
#include "embeddings/cached_embedder.hpp"
#include "embeddings/estimated_tokens.hpp"
#include "embeddings/fingerprint.hpp"
#include "embeddings/redis_vector_cache.hpp"
#include "support/co_test.hpp"
#include "support/redis.hpp"
#include "tiny_model.hpp"

namespace agentic::embeddings {
namespace {

using namespace std::chrono_literals;
using agentic::test::RedisServer;
using agentic::test::TempDir;
using std::chrono::steady_clock;

constexpr std::size_t kDimensions = 4;

TenantScope tenant(std::uint8_t number) {
    Uuid::Bytes bytes{};
    bytes[15] = number;
    return TenantScope::system(Uuid(bytes), "a tenant of a test");
}

std::vector<std::string> list(std::string one) {
    std::vector<std::string> out;
    out.push_back(std::move(one));
    return out;
}

/// Gives each text a row of length 1 that depends on it, and counts.
struct UnitSource final : VectorSource {
    Task<EmbeddedTexts> embed(std::vector<std::string> texts, Purpose) override {
        embedded += texts.size();
        EmbeddedTexts out{.vectors = {.dimensions = kDimensions}};
        for (const auto& text : texts) {
            out.first.push_back(out.vectors.size());
            const auto angle = static_cast<float>(text.size());
            out.vectors.values.insert(out.vectors.values.end(), {std::cos(angle), std::sin(angle), 0, 0});
            if (text.size() > 9) out.vectors.values.insert(out.vectors.values.end(), {0, 0, std::cos(angle), std::sin(angle)});  // a second window
        }
        out.first.push_back(out.vectors.size());
        co_return out;
    }
    std::size_t embedded = 0;
};

std::mutex logged_mutex;
std::vector<std::string> logged;  // events
void keep_event(log::Level, std::string_view event, std::string_view message, std::initializer_list<log::Field>) {
    const std::lock_guard lock(logged_mutex);
    logged.push_back(std::string(event) + " " + std::string(message));
}
std::size_t times_logged(std::string_view event) {
    const std::lock_guard lock(logged_mutex);
    return static_cast<std::size_t>(std::ranges::count_if(logged, [&](const auto& line) { return line.starts_with(std::string(event) + " "); }));
}

bool await_logged(std::string_view event, std::size_t times) {
    for (int i = 0; i < 400 && times_logged(event) < times; ++i) std::this_thread::sleep_for(10ms);
    return times_logged(event) == times;
}

/// What one server process has: a connection of its own, a cache in memory of its own.
class Process {
public:
    explicit Process(RedisOptions options, std::string space = "tiny/fp32") : link_(std::move(options), clock_, io_.executor(0)), space_(std::move(space)) {
        io_.start();
        link_.start();
    }
    ~Process() {
        agentic::test::run_coroutine([this] { return link_.stop(); });
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    RedisLink& link() { return link_; }
    RedisVectorCache& cache() { return cache_; }
    CachedEmbedder& embedder() { return embedder_; }
    std::size_t embedded() const { return source_->embedded; }

    bool await(bool usable, steady_clock::duration at_most = 8s) {
        const auto until = steady_clock::now() + at_most;
        while (link_.healthy() != usable && steady_clock::now() < until) std::this_thread::sleep_for(2ms);
        return link_.healthy() == usable;
    }
    /// Embeds a text as a request would; the rows, and how long it took.
    std::pair<std::vector<float>, steady_clock::duration> embed(TenantScope who, std::string text) {
        std::vector<float> out;
        const auto began = steady_clock::now();
        agentic::test::run_coroutine([&]() -> Awaitable<void> { out = (co_await embedder_.embed(who, list(std::move(text)), Purpose::document)).value().vectors.values; });
        return {out, steady_clock::now() - began};
    }

private:
    async::IoPool io_{"redis", 1};
    SystemClock clock_;
    RedisLink link_;
    RedisVectorCache cache_{link_};
    EstimatedTokens tokens_;
    VectorCache memory_{1 << 20};
    UnitSource* source_ = new UnitSource;
    std::string space_;
    CachedEmbedder embedder_{EmbedderFacts{"tiny", kDimensions, 8, tokens_, space_}, std::unique_ptr<VectorSource>(source_), memory_, &cache_};
};

RedisOptions options_for(std::uint16_t port) {
    RedisOptions out;
    out.address.host = "127.0.0.1";
    out.address.port = port;
    out.answer_deadline = 1s;  // the machine may be busy; tests of slowness set their own
    out.connect_timeout = 2s;
    out.probe_interval = 50ms;
    out.shortest_pause = 20ms;
    out.longest_pause = 100ms;
    return out;
}
RedisOptions options_for(const RedisServer& server) { return options_for(server.port()); }

bool await_keys(const RedisServer& redis, std::string_view number) {
    for (int i = 0; i < 400; ++i) {
        if (redis.cli("dbsize") == number) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

class RedisTier : public testing::Test {
protected:
    void SetUp() override {
        const std::lock_guard lock(logged_mutex);
        logged.clear();
        log::install_sink(keep_event);
    }
    void TearDown() override { log::install_sink(nullptr); }
};

TEST_F(RedisTier, ASecondServerFindsWhatTheFirstHasCalculated) {
    RedisServer redis;
    Process first(options_for(redis)), second(options_for(redis));
    ASSERT_TRUE(first.await(true) && second.await(true));
    const auto made = first.embed(tenant(1), "a text with two windows").first;
    ASSERT_TRUE(await_keys(redis, "1"));
    EXPECT_EQ(second.embed(tenant(1), "a text with two windows").first, made);
    EXPECT_EQ(second.embedded(), 0U);
    EXPECT_EQ(first.embed(tenant(1), "a text with two windows").first, made);
    EXPECT_EQ(first.embedded(), 1U);
    const auto key = redis.cli("keys '*'");
    EXPECT_TRUE(key.starts_with("agentic:embedding:1:00000000-0000-0000-0000-000000000001:")) << key;
    EXPECT_EQ(redis.cli("strlen " + key), std::to_string(2 * kDimensions * sizeof(float)));
    const auto life = std::stoi(redis.cli("ttl " + key));
    EXPECT_TRUE(life > 7 * 24 * 3600 - 60 && life <= 7 * 24 * 3600) << life;
}

TEST_F(RedisTier, TenantsAndVectorSpacesShareNothing) {
    RedisServer redis;
    Process first(options_for(redis)), second(options_for(redis)), other_precision(options_for(redis), "tiny/int8");
    ASSERT_TRUE(first.await(true) && second.await(true) && other_precision.await(true));
    first.embed(tenant(1), "secret");
    ASSERT_TRUE(await_keys(redis, "1"));
    second.embed(tenant(2), "secret");
    EXPECT_EQ(second.embedded(), 1U) << "another tenant's entry was used";
    ASSERT_TRUE(await_keys(redis, "2"));
    other_precision.embed(tenant(1), "secret");
    EXPECT_EQ(other_precision.embedded(), 1U);
    ASSERT_TRUE(await_keys(redis, "3"));
    second.embed(tenant(1), "secret");
    EXPECT_EQ(second.embedded(), 1U) << "the control: the same tenant does find it";
    EXPECT_NE(redis_key(tenant(1), CacheKey{}), redis_key(tenant(2), CacheKey{})) << "not by the hash alone";
}

TEST_F(RedisTier, OneRoundTripForABatch) {
    RedisServer redis;
    Process process(options_for(redis));
    ASSERT_TRUE(process.await(true));
    std::vector<std::string> texts;
    for (std::size_t i = 1; i <= 40; ++i) texts.emplace_back(i, 'x');
    agentic::test::run_coroutine([&]() -> Awaitable<void> { EXPECT_TRUE(co_await process.embedder().embed(tenant(1), texts, Purpose::document)); });
    ASSERT_TRUE(await_keys(redis, "40"));
    redis.cli("config resetstat");
    Process another(options_for(redis));
    ASSERT_TRUE(another.await(true));
    agentic::test::run_coroutine([&]() -> Awaitable<void> { EXPECT_TRUE(co_await another.embedder().embed(tenant(1), texts, Purpose::document)); });
    EXPECT_EQ(another.embedded(), 0U);
    EXPECT_EQ(redis.cli("info stats | grep keyspace_hits | tr -d '\\r'"), "keyspace_hits:40");
    EXPECT_EQ(redis.cli("info commandstats | grep -c cmdstat_get"), "0");
}

TEST_F(RedisTier, WhatIsNoVectorIsCalculatedAnew) {
    RedisServer redis;
    Process process(options_for(redis));
    ASSERT_TRUE(process.await(true));
    const auto made = process.embed(tenant(1), "text").first;
    ASSERT_TRUE(await_keys(redis, "1"));
    const auto key = redis.cli("keys '*'");
    std::size_t servers = 0;
    // Wrong sizes; rows that have not length 1; not numbers; another type altogether.
    for (const auto* command : {"set %s abc", "set %s ''", "set %s 12345678901234567", "set %s 12345678", "set %s 1234567890123456", "set %s \"$(printf '\\377\\377\\377\\377%.0s' 1 2 3 4)\"", "del %s; redis-cli -p %p lpush %s 1"}) {
        std::string words = command;
        for (std::size_t at = 0; (at = words.find("%s")) != std::string::npos;) words.replace(at, 2, key);
        if (const auto at = words.find("%p"); at != std::string::npos) words.replace(at, 2, std::to_string(redis.port()));
        redis.cli(words);
        Process reader(options_for(redis));
        ASSERT_TRUE(reader.await(true));
        EXPECT_EQ(reader.embed(tenant(1), "text").first, made) << words;
        EXPECT_EQ(reader.embedded(), 1U) << words;
        EXPECT_TRUE(reader.await(true)) << words;
        ++servers;
        if (!words.starts_with("del")) {
            for (int i = 0; i < 400 && redis.cli("strlen " + key) != "16"; ++i) std::this_thread::sleep_for(10ms);
            EXPECT_EQ(redis.cli("strlen " + key), "16") << "it is replaced";
        }
    }
    EXPECT_EQ(servers, 7U);
}

TEST_F(RedisTier, WithoutRedisEverythingWorksAndNothingWaits) {
    Process process(options_for(agentic::test::free_port()));
    for (int i = 0; i < 3; ++i) {
        const auto [rows, took] = process.embed(tenant(1), std::string(static_cast<std::size_t>(i) + 1, 'x'));
        EXPECT_EQ(rows.size(), kDimensions);
        EXPECT_LT(took, 500ms);
    }
    std::this_thread::sleep_for(300ms);
    EXPECT_FALSE(process.link().healthy());
    EXPECT_EQ(times_logged("redis_unusable"), 1U) << "once, however often it is tried";
}

TEST_F(RedisTier, SurvivesTheDeathOfRedisAndFindsItAgain) {
    RedisServer redis;
    Process process(options_for(redis));
    ASSERT_TRUE(process.await(true));
    process.embed(tenant(1), "a");
    redis.kill();
    const auto [rows, took] = process.embed(tenant(1), "bb");
    EXPECT_EQ(rows.size(), kDimensions);
    EXPECT_LT(took, 900ms);
    EXPECT_TRUE(process.await(false));
    EXPECT_EQ(process.embed(tenant(1), "ccc").first.size(), kDimensions);
    redis.start();
    ASSERT_TRUE(redis.await_answer());
    ASSERT_TRUE(process.await(true));
    process.embed(tenant(1), "dddd");
    EXPECT_TRUE(await_keys(redis, "1"));
    EXPECT_TRUE(await_logged("redis_unusable", 1));
    EXPECT_TRUE(await_logged("redis_usable", 2));
}

TEST_F(RedisTier, ASlowRedisCostsOneDeadline) {
    RedisServer redis;
    auto options = options_for(redis);
    options.answer_deadline = 100ms;
    options.longest_pause = options.shortest_pause = 50ms;
    options.probe_interval = 10s;
    options.connect_timeout = 5s;
    Process process(options);
    ASSERT_TRUE(process.await(true));
    redis.freeze();
    const auto late = process.embed(tenant(1), "a");
    EXPECT_EQ(late.first.size(), kDimensions);
    EXPECT_TRUE(late.second >= 90ms && late.second < 1s) << late.second;
    auto together = steady_clock::duration::zero();
    for (std::size_t i = 0; i < 10; ++i) together += process.embed(tenant(1), std::string(i + 2, 'x')).second;
    EXPECT_LT(together, 900ms) << "only the first waits its 100 ms";
    EXPECT_FALSE(process.link().healthy());
    EXPECT_TRUE(await_logged("redis_unusable", 1));
    redis.resume();
    EXPECT_TRUE(process.await(true));
    EXPECT_EQ(times_logged("redis_unusable"), 1U);
}

TEST_F(RedisTier, AFrozenRedisIsGivenUpAndComesBack) {
    RedisServer redis;
    auto options = options_for(redis);
    options.connect_timeout = 200ms;
    Process process(options);
    ASSERT_TRUE(process.await(true));
    redis.freeze();
    EXPECT_TRUE(process.await(false)) << "the probe finds it, without any request";
    std::this_thread::sleep_for(500ms);  // several new connections, which the kernel takes and nobody answers
    EXPECT_EQ(process.embed(tenant(1), "a").first.size(), kDimensions);
    redis.resume();
    EXPECT_TRUE(process.await(true));
    EXPECT_EQ(times_logged("redis_unusable"), 1U);
}

TEST_F(RedisTier, AFullRedisIsReadAndSaidToStoreNothing) {
    RedisServer redis;
    Process process(options_for(redis));
    ASSERT_TRUE(process.await(true));
    redis.cli("config set maxmemory 1");
    process.embed(tenant(1), "a");
    EXPECT_TRUE(process.await(false));
    EXPECT_TRUE(process.link().usable());
    process.embed(tenant(1), "bb");
    redis.cli("config set maxmemory 0");
    process.embed(tenant(1), "ccc");
    EXPECT_TRUE(process.await(true));
    EXPECT_TRUE(await_logged("redis_stores_nothing", 1));
    EXPECT_TRUE(await_logged("redis_stores", 1));
}

TEST_F(RedisTier, SignsInAndNeverTellsThePassword) {
    RedisServer redis({"--requirepass", "hunter2hunter2", "--databases", "4"});
    auto options = options_for(redis);
    options.address = *parse_redis_url("redis://:hunter2hunter2@127.0.0.1:" + std::to_string(redis.port()) + "/3");
    Process process(options);
    ASSERT_TRUE(process.await(true));
    process.embed(tenant(1), "a");
    for (int i = 0; i < 200 && redis.cli("-a hunter2hunter2 -n 3 dbsize") != "1"; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(redis.cli("-a hunter2hunter2 -n 3 dbsize"), "1");
    for (const auto* wrong : {"redis://127.0.0.1:{}", "redis://:hunter3hunter3@127.0.0.1:{}", "redis://:hunter2hunter2@127.0.0.1:{}/9"}) {
        std::string url = wrong;
        url.replace(url.find("{}"), 2, std::to_string(redis.port()));
        options.address = *parse_redis_url(url);
        Process refused(options);
        EXPECT_TRUE(await_logged("redis_unusable", 1)) << url;
        EXPECT_FALSE(refused.link().usable());
        EXPECT_EQ(refused.embed(tenant(1), "b").first.size(), kDimensions);
        const std::lock_guard lock(logged_mutex);
        for (const auto& line : logged) EXPECT_FALSE(line.contains("hunter")) << line;
        logged.clear();
    }
}

TEST_F(RedisTier, AUserWhoMayNotReadIsRefused) {
    RedisServer redis;
    redis.cli("acl setuser guest on '>guest-password' '~agentic:*' +set");
    auto options = options_for(redis);
    options.address.user = "guest";
    options.address.password = Secret("guest-password");
    Process process(options);
    EXPECT_TRUE(await_logged("redis_unusable", 1));
    EXPECT_EQ(process.embed(tenant(1), "a").first.size(), kDimensions);
    EXPECT_FALSE(process.link().usable());
    redis.cli("acl setuser guest +mget");
    EXPECT_TRUE(process.await(true)) << "these two commands and these keys are enough";
    redis.cli("acl setuser guest -mget");
    process.embed(tenant(1), "bb");
    EXPECT_TRUE(await_logged("redis_unusable", 2));
    EXPECT_FALSE(process.link().usable());
}

TEST_F(RedisTier, SpeaksTlsToWhomItTrusts) {
    RedisServer redis({}, RedisServer::Transport::tls);
    auto options = options_for(redis);
    options.address.uses_tls = true;
    options.address.host = "localhost";
    options.ca_file = redis.certificate().string();
    Process process(options);
    EXPECT_TRUE(process.await(true));
    options.address.host = "127.0.0.1";  // not what the certificate says
    Process wrong_name(options);
    options.address.host = "localhost";
    options.ca_file.clear();
    Process distrustful(options);
    EXPECT_TRUE(await_logged("redis_unusable", 2));
    EXPECT_FALSE(wrong_name.link().usable());
    EXPECT_FALSE(distrustful.link().usable());
    options.ca_file = "/nonexistent.pem";
    Process without_file(options);
    EXPECT_EQ(without_file.embed(tenant(1), "a").first.size(), kDimensions);
    EXPECT_FALSE(without_file.link().usable());
}

/// Answers whatever comes with the same bytes.
class Babbler {
public:
    explicit Babbler(std::string bytes) : bytes_(std::move(bytes)), thread_([this](const std::stop_token& stop) { run(stop); }) {}
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void run(const std::stop_token& stop) {
        acceptor_.non_blocking(true);
        std::vector<asio::ip::tcp::socket> open;
        while (!stop.stop_requested()) {
            boost::system::error_code error;
            asio::ip::tcp::socket socket(context_);
            acceptor_.accept(socket, error);
            if (error) {
                std::this_thread::sleep_for(1ms);
                continue;
            }
            socket.send(asio::buffer(bytes_), 0, error);
            open.push_back(std::move(socket));
        }
    }

    std::string bytes_;
    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
    std::jthread thread_;
};

TEST_F(RedisTier, NonsenseIsNoAnswer) {
    for (const auto* bytes : {"HTTP/1.1 400 Bad Request\r\n\r\n", "-ERR unknown command\r\n", "+OK\r\n+OK\r\n+OK\r\n+OK\r\n", "*2\r\n$3\r\nab", "%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n$1\r\n", "%0\r\n:1\r\n",
                              "%1\r\n+proto\r\n:3\r\n*1\r\n*1\r\n*1\r\n", "$99999999999\r\n", "\x15\x03\x03\x00\x02", "*-1\r\n", "$-1\r\n", ">3\r\n+message\r\n+a\r\n+b\r\n", "\r\n\r\n\r\n"}) {
        {
            const std::lock_guard lock(logged_mutex);
            logged.clear();
        }
        Babbler babbler(bytes);
        auto options = options_for(babbler.port());
        options.connect_timeout = 100ms;
        options.answer_deadline = 50ms;
        Process process(options);
        const auto until = steady_clock::now() + 400ms;
        for (std::size_t i = 1; steady_clock::now() < until; ++i) EXPECT_EQ(process.embed(tenant(1), std::string(i, 'x')).first.size() % kDimensions, 0U);
        EXPECT_LE(times_logged("redis_unusable"), times_logged("redis_usable") + 1) << bytes;
    }
}

TEST(RedisAddress, ReadsUrls) {
    const auto full = parse_redis_url("rediss://al%40ice:p%3Ass@cache.example:6380/5");
    ASSERT_TRUE(full);
    EXPECT_TRUE(full->uses_tls);
    EXPECT_EQ(std::tuple(full->host, full->port, full->user, full->database), std::tuple("cache.example", 6380, "al@ice", 5));
    EXPECT_EQ(full->password.reveal(), "p:ss");
    EXPECT_EQ(full->text(), "cache.example:6380");
    const auto plain = parse_redis_url("redis://[::1]");
    ASSERT_TRUE(plain);
    EXPECT_EQ(std::tuple(plain->host, plain->port, plain->database), std::tuple("::1", 6379, 0));
    EXPECT_EQ(plain->text(), "[::1]:6379");
    EXPECT_EQ(parse_redis_url("redis://:pw@h")->password.reveal(), "pw");
    for (const auto* wrong : {"redis://", "http://h", "redis://h:0", "redis://h:99999", "redis://h:x", "redis://h/x", "redis://h/-1", "redis://user@h", "redis://user:@h", "redis://:%zz@h", "redis://::1", "redis://h?db=1",
                              "unix:///run/redis.sock"}) {
        EXPECT_FALSE(parse_redis_url(wrong)) << wrong;
    }
}

TEST(RedisFloats, SurviveTheWay) {
    const std::vector<float> values{1.0F, -0.0F, 1e-40F, 3.4e38F};
    const auto bytes = pack_floats(values);
    EXPECT_EQ(bytes.substr(0, 4), std::string_view("\x00\x00\x80\x3f", 4)) << "little-endian";
    EXPECT_EQ(unpack_floats(bytes), values);
    for (const auto size : {0U, 1U, 3U, 15U, (128U << 10) + 4}) EXPECT_FALSE(unpack_floats(std::string(size, 'x'))) << size;
}

TEST(Fingerprint, DiffersWithAnyFile) {
    const TempDir folder;
    EXPECT_EQ(fingerprint_of(folder.path()).error().code, ErrorCode::not_found);
    test::write_text(folder / "model.safetensors", std::string(40U << 20, 'w'));
    test::write_text(folder / "config.json", "{}");
    const auto before = fingerprint_of(folder.path()).value();
    EXPECT_EQ(fingerprint_of(folder.path()).value(), before);
    test::write_text(folder / "config.json", "{ }");
    EXPECT_NE(fingerprint_of(folder.path()).value(), before);
    test::write_text(folder / "config.json", "{}");
    EXPECT_EQ(fingerprint_of(folder.path()).value(), before);
    auto weights = std::string(40U << 20, 'w');
    weights.back() = 'x';
    test::write_text(folder / "model.safetensors", weights);
    EXPECT_NE(fingerprint_of(folder.path()).value(), before);
}

}  // namespace
}  // namespace agentic::embeddings

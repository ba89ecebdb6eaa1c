// The only file that sees Boost.Redis, whose connection is type-erased (and speaks TCP and TLS, no Unix sockets).
#include "embeddings/redis_link.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/redis/connection.hpp>
#include <boost/redis/response.hpp>
#include <format>
#include <mutex>

#include "async/wakeup.hpp"
#include "core/log.hpp"

namespace agentic::embeddings {
namespace {

namespace redis = boost::redis;
namespace ssl = boost::asio::ssl;
using std::chrono::milliseconds;

constexpr std::size_t kAskingMax = 64;                  // calls under way
constexpr std::size_t kStoringBytesMax = 16U << 20;
constexpr std::size_t kReadBytesMax = 64U << 20;        // of what is not parsed yet
constexpr milliseconds kClosingMax{1'000};
constexpr auto kProbeKey = "agentic:probe";             // never set

const auto kToken = asio::as_tuple(asio::use_awaitable_t<IoExecutor>{});

/// Fails with the reason for what is logged.
Result<ssl::context> tls_context(const RedisOptions& options) {
    ssl::context context(ssl::context::tls_client);
    if (!options.address.uses_tls) return context;
    boost::system::error_code error;
    context.set_verify_mode(ssl::verify_peer);
    context.set_default_verify_paths(error);
    if (!options.ca_file.empty()) context.load_verify_file(options.ca_file, error);
    if (error) return fail(ErrorCode::bad_request, std::format("{} cannot be used: {}", options.ca_file, error.message()));
    return context;
}

redis::config connection_config(const RedisOptions& options) {
    const auto& address = options.address;
    redis::config config;
    config.use_ssl = address.uses_tls;
    config.addr = {address.host, std::to_string(address.port)};
    if (!address.user.empty()) config.username = address.user;
    config.password = std::string(address.password.reveal());
    config.clientname = "";  // HELLO with a name but without a password would drop the password of a user called default
    config.database_index = address.database;
    config.resolve_timeout = config.connect_timeout = config.ssl_handshake_timeout = options.connect_timeout;
    config.health_check_interval = std::chrono::seconds(0);    // supervise() probes, and reconnects with a growing pause
    config.reconnect_wait_interval = std::chrono::seconds(0);
    return config;
}

}  // namespace

/// One connection, from connecting to its end.
struct RedisLink::Session {
    Session(IoExecutor home, ssl::context tls) : connection(home, std::move(tls), kReadBytesMax) {}

    redis::connection connection;
    bool ended = false;
    boost::system::error_code why;
};

/// A call of get(), which may be gone before the answer is there.
struct RedisLink::Question {
    void finish() {
        const std::lock_guard lock(mutex);
        is_answered = true;
        if (asker) asker->ring();
    }
    /// Whether the answer is there. If it is not, nobody reads it or is rung for it any more.
    bool leave() {
        const std::lock_guard lock(mutex);
        asker = nullptr;
        return is_answered;
    }

    redis::request request;
    redis::response<Values> answer;
    std::mutex mutex;
    bool is_answered = false;
    std::shared_ptr<async::Wakeup> asker;  // null once it has gone
};

struct RedisLink::Storing {
    redis::request request;
    redis::generic_response answer;
    std::size_t bytes = 0;
};

/// Boost 1.88 loses its own operations when an answer is larger than it may read; some may still refer to the connection.
void RedisLink::keep_for_ever(std::shared_ptr<Session> session) {
    static std::mutex mutex;
    static auto& kept = *new std::vector<std::shared_ptr<Session>>;   // not even freed at the end: the loops are gone by then
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(session));
}

RedisLink::RedisLink(RedisOptions options, const Clock& clock, IoExecutor home)
    : options_(std::move(options)), clock_(clock), home_(home), bell_(async::Wakeup::create(home)), pause_(options_.shortest_pause) {}

RedisLink::~RedisLink() = default;

void RedisLink::start() { tasks_.spawn(home_, supervise()); }

Awaitable<void> RedisLink::stop() {
    stopping_ = true;
    usable_ = false;
    tasks_.spawn(home_, interrupt());
    co_await tasks_.join();
}

Awaitable<void> RedisLink::interrupt() {
    if (session_) session_->connection.cancel();
    bell_->ring();
    co_return;
}

Awaitable<std::optional<RedisLink::Values>> RedisLink::get(std::vector<std::string> keys) {
    if (!usable_ || asking_ >= kAskingMax) co_return std::nullopt;
    const auto question = std::make_shared<Question>();
    question->request.get_config().cancel_if_not_connected = true;
    question->request.push_range("MGET", keys);
    const auto asker = question->asker = async::Wakeup::create(co_await asio::this_coro::executor);
    const auto until = clock_.steady() + options_.answer_deadline;
    ++asking_;
    if (!tasks_.spawn(home_, ask(question))) {
        --asking_;
        co_return std::nullopt;
    }
    co_await asker->wait(until);
    if (!question->leave()) {
        if (clock_.steady() >= until) {  // else the caller was cancelled
            usable_ = false;
            is_late_ = true;
            bell_->ring();
        }
        co_return std::nullopt;
    }
    auto& answer = std::get<0>(question->answer);
    if (!answer.has_value() || answer.value().size() != keys.size()) co_return std::nullopt;
    co_return std::move(answer).value();
}

Awaitable<void> RedisLink::ask(std::shared_ptr<Question> question) {
    if (const auto session = session_) {
        const auto [error, size] = co_await session->connection.async_exec(question->request, question->answer, kToken);
        const auto& answer = std::get<0>(question->answer);
        if (error) question->answer = {};  // perhaps half an answer
        else if (answer.has_error()) refused(answer.error().diagnostic);
    }
    --asking_;
    question->finish();
}

void RedisLink::refused(std::string_view reason) {
    usable_ = false;
    refusal_ = reason.empty() ? "an error without a text" : reason;
    bell_->ring();
}

void RedisLink::set(const Entries& entries, std::chrono::seconds life) {
    if (!usable_ || entries.empty()) return;
    const auto storing = std::make_shared<Storing>();
    storing->request.get_config().cancel_if_not_connected = true;
    for (const auto& [key, value] : entries) storing->request.push("SET", key, value, "EX", life.count());
    storing->bytes = storing->request.payload().size();
    if (storing_bytes_.fetch_add(storing->bytes) + storing->bytes > kStoringBytesMax || !tasks_.spawn(home_, store(storing))) storing_bytes_ -= storing->bytes;
}

Awaitable<void> RedisLink::store(std::shared_ptr<Storing> storing) {
    if (const auto session = session_) {
        const auto [error, size] = co_await session->connection.async_exec(storing->request, storing->answer, kToken);
        if (!error) note_stored(storing->answer.has_error() ? storing->answer.error().diagnostic : "");
    }
    storing_bytes_ -= storing->bytes;
}

void RedisLink::note_stored(std::string_view refusal) {
    if (stores_.exchange(refusal.empty()) == refusal.empty()) return;
    if (refusal.empty()) log::info("redis_stores", "Redis stores embeddings again", {{"redis", options_.address.text()}});
    else log::warning("redis_stores_nothing", std::format("Redis stores no embeddings: {}", refusal), {{"redis", options_.address.text()}});
}

Awaitable<void> RedisLink::supervise() {
    while (!stopping_) {
        auto session = open();
        std::string reason;
        if (session) {
            session_ = *session;
            reason = co_await serve(*session);
            session_ = nullptr;
            co_await close(*session);
        } else {
            reason = session.error().public_message;
        }
        if (stopping_) break;
        enter(State::down, reason);
        co_await rest();
    }
}

Result<std::shared_ptr<RedisLink::Session>> RedisLink::open() {
    AGENTIC_TRY(auto tls, tls_context(options_));
    auto session = std::make_shared<Session>(home_, std::move(tls));
    if (const auto& host = options_.address.host; options_.address.uses_tls) {
        boost::system::error_code not_an_address;
        asio::ip::make_address(host, not_an_address);
        auto& stream = session->connection.next_layer();
        stream.set_verify_callback(ssl::host_name_verification(host));
        if (not_an_address) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    }
    session->connection.async_run(connection_config(options_), redis::logger(redis::logger::level::disabled), [session, bell = bell_](boost::system::error_code why) {
        session->ended = true;
        session->why = why;
        session->connection.cancel(redis::operation::exec);  // what waits for the connection
        bell->ring();
    });
    return session;
}

// Until the connection is of no use any more; returns why.
Awaitable<std::string> RedisLink::serve(std::shared_ptr<Session> session) {
    is_late_ = false;
    refusal_.clear();
    for (bool is_new = true; !stopping_ && !session->ended; is_new = false) {
        const auto [found, reason] = co_await probe(session, is_new);
        if (found == State::down || session->ended) co_return session->ended ? reason_of(*session) : reason;
        const auto before = state_;
        enter(found, reason);
        if (found == State::up) {
            if (before == State::up) pause_ = options_.shortest_pause;
            co_await bell_->wait(clock_.steady() + options_.probe_interval);
            if (!refusal_.empty()) enter(State::refusing, std::exchange(refusal_, {}));
            else if (is_late_) enter(State::slow, late());
            else continue;
        }
        if (!stopping_ && !session->ended) co_await rest();
        is_late_ = false;
    }
    co_return session->ended ? reason_of(*session) : std::string();
}

// Asks what get() asks. A new connection may take its time to be there.
Awaitable<RedisLink::Health> RedisLink::probe(std::shared_ptr<Session> session, bool is_new) {
    redis::request request;
    request.push("MGET", kProbeKey);
    redis::generic_response answer;
    async::SteadyTimer timer(home_);
    const auto asked = clock_.steady();
    const auto [error, size] = co_await session->connection.async_exec(request, answer, asio::cancel_after(timer, options_.connect_timeout, kToken));
    if (error) co_return Health{State::down, std::format("no answer within {} ms", options_.connect_timeout.count())};
    if (answer.has_error()) co_return Health{State::refusing, answer.error().diagnostic};
    if (!is_new && clock_.steady() - asked > options_.answer_deadline) co_return Health{State::slow, late()};
    co_return Health{State::up, {}};
}

std::string RedisLink::late() const { return std::format("no answer within {} ms", options_.answer_deadline.count()); }

std::string RedisLink::reason_of(const Session& ended) {
    if (ended.why == redis::error::resp3_hello) return "it refuses the user, the password or the database, or is older than Redis 6";
    return ended.why ? ended.why.message() : "the connection was closed";
}

Awaitable<void> RedisLink::close(std::shared_ptr<Session> session) {
    session->connection.cancel();
    const auto until = clock_.steady() + kClosingMax;
    while (!session->ended && clock_.steady() < until) co_await bell_->wait(until);
    if (!session->ended) keep_for_ever(std::move(session));
}

Awaitable<void> RedisLink::rest() {
    const auto until = clock_.steady() + pause_;
    pause_ = std::min(pause_ * 2, options_.longest_pause);
    while (!stopping_ && clock_.steady() < until) co_await bell_->wait(until);
}

void RedisLink::enter(State state, std::string_view reason) {
    usable_ = state == State::up && !stopping_;
    if (state == state_) return;
    const auto before = std::exchange(state_, state);
    if (state == State::up) {
        log::info("redis_usable", "Redis is used for embeddings that were calculated before", {{"redis", options_.address.text()}});
    } else if (before == State::starting || before == State::up) {  // not from one trouble to another
        log::warning("redis_unusable", std::format("Redis cannot be used, embeddings are calculated instead: {}", reason), {{"redis", options_.address.text()}});
    }
}

}  // namespace agentic::embeddings

#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/task_group.hpp"
#include "async/types.hpp"
#include "core/clock.hpp"
#include "embeddings/redis_address.hpp"

namespace agentic::async { class Wakeup; }

namespace agentic::embeddings {

struct RedisOptions {
    RedisAddress address;
    std::string ca_file;                                  // PEM, trusted besides the system's authorities
    std::chrono::milliseconds answer_deadline{40};        // whoever asks waits no longer
    std::chrono::milliseconds connect_timeout{3'000};     // also for an answer to a probe, before the connection is given up
    std::chrono::milliseconds probe_interval{5'000};
    std::chrono::milliseconds shortest_pause{500};        // after a failure, doubled at each further one
    std::chrono::milliseconds longest_pause{30'000};
};

/// One connection to a Redis server (6 or later; MGET and SET of keys `agentic:*` are all it needs), kept up in the background. It never fails and never
/// holds anyone up: without a connection, or once an answer has been late, there are no answers at all until a probe was answered in time again. Each such
/// change is logged once. Lives on the executor `home`; thread-safe.
class RedisLink {
public:
    using Values = std::vector<std::optional<std::string>>;
    using Entries = std::vector<std::pair<std::string, std::string>>;

    RedisLink(RedisOptions options, const Clock& clock, IoExecutor home);
    ~RedisLink();  // stop() first
    RedisLink(const RedisLink&) = delete;
    RedisLink& operator=(const RedisLink&) = delete;

    /// Begins to connect and returns at once.
    void start();
    /// Ends the connection and waits for what is under way. Idempotent.
    Awaitable<void> stop();
    bool usable() const { return usable_; }
    /// Usable, and storing what it is given.
    bool healthy() const { return usable_ && stores_; }

    /// The values of `keys`, in one round trip; nullopt when Redis cannot say in time.
    Awaitable<std::optional<Values>> get(std::vector<std::string> keys);
    /// Stores in one round trip, in the background. What Redis cannot take now is dropped.
    void set(const Entries& entries, std::chrono::seconds life);

private:
    enum class State : std::uint8_t { starting, up, slow, refusing, down };
    struct Session;
    struct Question;
    struct Storing;
    struct Health {
        State state;
        std::string reason;
    };

    Awaitable<void> supervise();
    Result<std::shared_ptr<Session>> open();
    Awaitable<std::string> serve(std::shared_ptr<Session> session);
    Awaitable<Health> probe(std::shared_ptr<Session> session, bool is_new);
    Awaitable<void> close(std::shared_ptr<Session> session);
    Awaitable<void> rest();
    Awaitable<void> ask(std::shared_ptr<Question> question);
    Awaitable<void> store(std::shared_ptr<Storing> storing);
    Awaitable<void> interrupt();
    void enter(State state, std::string_view reason = {});
    void refused(std::string_view reason);
    void note_stored(std::string_view refusal);
    std::string late() const;
    static std::string reason_of(const Session& ended);
    static void keep_for_ever(std::shared_ptr<Session> session);

    const RedisOptions options_;
    const Clock& clock_;
    const IoExecutor home_;
    const std::shared_ptr<async::Wakeup> bell_;  // of supervise()
    async::TaskGroup tasks_{"redis"};
    std::atomic<bool> usable_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> stores_ = true;            // what it was given last
    std::atomic<bool> is_late_ = false;          // somebody has waited in vain
    std::atomic<std::size_t> asking_ = 0;
    std::atomic<std::size_t> storing_bytes_ = 0;

    // Only on home_:
    State state_ = State::starting;
    std::shared_ptr<Session> session_;
    std::string refusal_;                        // what Redis has answered a question instead of values
    std::chrono::milliseconds pause_;
};

}  // namespace agentic::embeddings

#pragma once
#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "async/wakeup.hpp"
#include "core/uuid.hpp"

namespace agentic::services {

class TurnLocks;

/// The right to answer in a conversation; given back when it dies.
class Turn {
public:
    Turn() = default;
    Turn(Turn&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), conversation_id_(other.conversation_id_) {}
    Turn& operator=(Turn&& other) noexcept;
    ~Turn() { release(); }

private:
    friend class TurnLocks;
    Turn(TurnLocks* locks, Uuid conversation_id) : locks_(locks), conversation_id_(conversation_id) {}
    void release();

    TurnLocks* locks_ = nullptr;
    Uuid conversation_id_;
};

/// One turn at a time per conversation within this process, in the order of asking. (Between processes the unique index on running runs decides.)
/// Thread-safe; outlives every Turn.
class TurnLocks {
public:
    /// A place in a conversation's line. Leaving it (destruction) before the turn comes gives the place up.
    class Place {
    public:
        Place(Place&&) = default;
        Place& operator=(Place&& other) noexcept;
        ~Place() { leave(); }
        /// Waits for the turn; nullopt when it has not come by `until` or the waiting coroutine was cancelled. Asking again is allowed; the place is
        /// used up when the turn has come.
        Awaitable<std::optional<Turn>> wait(std::chrono::steady_clock::time_point until);

    private:
        friend class TurnLocks;
        struct State {
            std::shared_ptr<async::Wakeup> wakeup;
            bool is_granted = false;  // guarded by the shard's mutex
        };
        void leave();
        Place(TurnLocks& locks, Uuid conversation_id, std::shared_ptr<State> state) : locks_(&locks), conversation_id_(conversation_id), state_(std::move(state)) {}

        TurnLocks* locks_;
        Uuid conversation_id_;
        std::shared_ptr<State> state_;  // empty once used or moved from
    };

    /// The turn at once, when nobody has it or waits for it.
    std::optional<Turn> try_take(Uuid conversation_id);
    /// A place at the end of the line; the waiting coroutine lives on `home`. nullopt when `limit` are waiting already.
    std::optional<Place> queue(Uuid conversation_id, IoExecutor home, std::size_t limit);

private:
    friend class Turn;
    struct Line {
        bool is_taken = false;
        std::deque<std::shared_ptr<Place::State>> waiting;
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<Uuid, Line> lines;
    };

    Shard& shard_of(const Uuid& id) { return shards_[std::hash<Uuid>{}(id) % shards_.size()]; }
    void release(const Uuid& conversation_id);
    static void pass_on(Shard& shard, const Uuid& conversation_id);

    std::array<Shard, 16> shards_;
};

}  // namespace agentic::services

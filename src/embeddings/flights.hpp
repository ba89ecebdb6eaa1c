#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <variant>
#include <vector>

#include "async/wakeup.hpp"
#include "embeddings/vector_cache.hpp"

namespace agentic::embeddings {

/// One text being embedded, for all who want it. `waiting` belongs to the lock of Flights.
struct Flight {
    struct Abandoned {};  // by a caller that was cancelled: whoever still wants the text starts anew
    std::variant<std::monostate, Rows, Error, Abandoned> outcome;
    std::vector<std::shared_ptr<async::Wakeup>> waiting;
};

/// Which texts are being embedded right now, so that the same text is embedded once. Thread-safe.
class Flights {
public:
    /// The flight of `key`, and whether the caller has started it: then it owes it an outcome.
    std::pair<std::shared_ptr<Flight>, bool> join(const CacheKey& key);
    /// Ends a flight and wakes all who wait.
    void land(const CacheKey& key, std::variant<std::monostate, Rows, Error, Flight::Abandoned> outcome);
    /// False, once there is an outcome; else `waiter` is rung when there is one.
    bool wait(Flight& flight, const std::shared_ptr<async::Wakeup>& waiter);

private:
    std::mutex mutex_;
    std::map<CacheKey, std::shared_ptr<Flight>> flights_;
};

}  // namespace agentic::embeddings

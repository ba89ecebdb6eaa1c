#include "embeddings/flights.hpp"

namespace agentic::embeddings {

std::pair<std::shared_ptr<Flight>, bool> Flights::join(const CacheKey& key) {
    const std::lock_guard lock(mutex_);
    auto& flight = flights_[key];
    const bool is_new = flight == nullptr;
    if (is_new) flight = std::make_shared<Flight>();
    return {flight, is_new};
}

void Flights::land(const CacheKey& key, std::variant<std::monostate, Rows, Error, Flight::Abandoned> outcome) {
    std::vector<std::shared_ptr<async::Wakeup>> waiting;
    {
        const std::lock_guard lock(mutex_);
        const auto found = flights_.find(key);
        if (found == flights_.end()) return;
        found->second->outcome = std::move(outcome);
        waiting.swap(found->second->waiting);
        flights_.erase(found);
    }
    for (const auto& waiter : waiting) waiter->ring();
}

bool Flights::wait(Flight& flight, const std::shared_ptr<async::Wakeup>& waiter) {
    const std::lock_guard lock(mutex_);
    if (!std::holds_alternative<std::monostate>(flight.outcome)) return false;
    flight.waiting.push_back(waiter);
    return true;
}

}  // namespace agentic::embeddings

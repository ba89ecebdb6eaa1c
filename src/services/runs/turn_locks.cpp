#include "services/runs/turn_locks.hpp"

#include <algorithm>

namespace agentic::services {

Turn& Turn::operator=(Turn&& other) noexcept {
    release();
    locks_ = std::exchange(other.locks_, nullptr);
    conversation_id_ = other.conversation_id_;
    return *this;
}

void Turn::release() {
    if (auto* locks = std::exchange(locks_, nullptr)) locks->release(conversation_id_);
}

std::optional<Turn> TurnLocks::try_take(Uuid conversation_id) {
    auto& shard = shard_of(conversation_id);
    const std::scoped_lock lock(shard.mutex);
    auto& line = shard.lines[conversation_id];
    if (line.is_taken) return std::nullopt;
    line.is_taken = true;
    return Turn(this, conversation_id);
}

std::optional<TurnLocks::Place> TurnLocks::queue(Uuid conversation_id, IoExecutor home, std::size_t limit) {
    auto& shard = shard_of(conversation_id);
    const std::scoped_lock lock(shard.mutex);
    auto& line = shard.lines[conversation_id];
    if (line.waiting.size() >= limit) return std::nullopt;
    auto state = std::make_shared<Place::State>(async::Wakeup::create(home));
    if (!line.is_taken) {
        line.is_taken = state->is_granted = true;
    } else {
        line.waiting.push_back(state);
    }
    return Place(*this, conversation_id, std::move(state));
}

void TurnLocks::release(const Uuid& conversation_id) {
    auto& shard = shard_of(conversation_id);
    const std::scoped_lock lock(shard.mutex);
    pass_on(shard, conversation_id);
}

void TurnLocks::pass_on(Shard& shard, const Uuid& conversation_id) {
    const auto line = shard.lines.find(conversation_id);
    if (line->second.waiting.empty()) {
        shard.lines.erase(line);
        return;
    }
    const auto next = std::move(line->second.waiting.front());
    line->second.waiting.pop_front();
    next->is_granted = true;
    next->wakeup->ring();
}

Awaitable<std::optional<Turn>> TurnLocks::Place::wait(std::chrono::steady_clock::time_point until) {
    const auto state = state_;
    auto& shard = locks_->shard_of(conversation_id_);
    const auto granted = [&] {
        const std::scoped_lock lock(shard.mutex);
        return state->is_granted;
    };
    if (!granted()) co_await state->wakeup->wait(until);
    if (!granted()) co_return std::nullopt;
    state_.reset();
    co_return Turn(locks_, conversation_id_);
}

TurnLocks::Place& TurnLocks::Place::operator=(Place&& other) noexcept {
    leave();
    locks_ = other.locks_;
    conversation_id_ = other.conversation_id_;
    state_ = std::move(other.state_);
    return *this;
}

void TurnLocks::Place::leave() {
    if (!state_) return;
    auto& shard = locks_->shard_of(conversation_id_);
    const std::scoped_lock lock(shard.mutex);
    if (state_->is_granted) {
        pass_on(shard, conversation_id_);
    } else {
        std::erase(shard.lines.find(conversation_id_)->second.waiting, state_);
    }
    state_.reset();
}

}  // namespace agentic::services

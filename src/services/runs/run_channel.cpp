#include "services/runs/run_channel.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <utility>

namespace agentic::services {

void append_sse_frame(std::string& out, std::int64_t sequence, std::string_view type, std::string_view data) {
    char digits[20];
    const auto number = std::to_chars(std::begin(digits), std::end(digits), sequence);
    out.append("id: ").append(digits, number.ptr).append("\nevent: ").append(type).append("\ndata: ").append(data).append("\n\n");
}

void RunChannel::append(std::int64_t sequence, std::string_view type, std::string_view data) {
    Waiters woken;
    {
        const std::scoped_lock lock(mutex_);
        append_sse_frame(bytes_, sequence, type, data);
        frames_.push_back({sequence, bytes_.size()});
        woken.swap(waiters_);
    }
    for (const auto& waiter : woken) waiter->ring();
}

void RunChannel::close(RunEnd end) {
    Waiters woken;
    {
        const std::scoped_lock lock(mutex_);
        if (end_) return;
        end_ = std::move(end);
        woken.swap(waiters_);
        woken.insert(woken.end(), end_waiters_.begin(), end_waiters_.end());
        end_waiters_.clear();
    }
    for (const auto& waiter : woken) waiter->ring();
}

std::size_t RunChannel::size_bytes() const {
    const std::scoped_lock lock(mutex_);
    return bytes_.size();
}

std::optional<RunEnd> RunChannel::end() const {
    const std::scoped_lock lock(mutex_);
    return end_;
}

Awaitable<std::optional<RunEnd>> RunChannel::wait_end(std::chrono::steady_clock::time_point until) {
    auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
    {
        const std::scoped_lock lock(mutex_);
        if (end_) co_return end_;
        end_waiters_.push_back(wakeup);
    }
    co_await wakeup->wait(until);
    const std::scoped_lock lock(mutex_);
    std::erase(end_waiters_, wakeup);
    co_return end_;
}

RunWatcher::RunWatcher(std::shared_ptr<RunChannel> channel, std::int64_t after) : channel_(std::move(channel)), after_(after) {
    const std::scoped_lock lock(channel_->mutex_);
    const auto first = std::ranges::upper_bound(channel_->frames_, after_, {}, &RunChannel::Frame::sequence);
    frame_ = static_cast<std::size_t>(first - channel_->frames_.begin());
    seen_bytes_ = channel_->bytes_.size();
}

RunWatcher::~RunWatcher() {
    if (!wakeup_) return;
    const std::scoped_lock lock(channel_->mutex_);
    std::erase(channel_->waiters_, wakeup_);
}

Awaitable<RunWatcher::Piece> RunWatcher::next(std::chrono::steady_clock::time_point until) {
    if (!wakeup_) wakeup_ = async::Wakeup::create(co_await asio::this_coro::executor);
    if (auto piece = take_or_register()) co_return *std::move(piece);
    co_await wakeup_->wait(until);
    if (auto piece = take_or_register()) co_return *std::move(piece);
    co_return Piece{.last_sequence = after_};
}

std::optional<RunWatcher::Piece> RunWatcher::take_or_register() {
    const std::scoped_lock lock(channel_->mutex_);
    const auto total = channel_->bytes_.size();
    if (total - seen_bytes_ > RunChannel::kLagMax) return Piece{.last_sequence = after_, .is_last = true, .is_dropped = true};
    seen_bytes_ = total;
    while (frame_ < channel_->frames_.size() && channel_->frames_[frame_].sequence <= after_) ++frame_;  // asked for more than there was yet
    if (frame_ < channel_->frames_.size()) return take();
    if (channel_->end_) return Piece{.last_sequence = after_, .is_last = true};
    if (!std::ranges::contains(channel_->waiters_, wakeup_)) channel_->waiters_.push_back(wakeup_);
    return std::nullopt;
}

RunWatcher::Piece RunWatcher::take() {
    const auto& frames = channel_->frames_;
    const auto begin = channel_->offset(frame_);
    auto last = std::ranges::upper_bound(frames.begin() + static_cast<std::ptrdiff_t>(frame_), frames.end(), begin + RunChannel::kPieceMax, {},
                                         &RunChannel::Frame::end);
    if (last == frames.begin() + static_cast<std::ptrdiff_t>(frame_)) ++last;  // one frame alone is larger than a piece
    frame_ = static_cast<std::size_t>(last - frames.begin());
    after_ = frames[frame_ - 1].sequence;
    return Piece{.bytes = channel_->bytes_.substr(begin, channel_->offset(frame_) - begin),
                 .last_sequence = after_,
                 .is_last = channel_->end_.has_value() && frame_ == frames.size()};
}

}  // namespace agentic::services

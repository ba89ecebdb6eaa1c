#include "services/runs/run_reader.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <charconv>

#include "core/log.hpp"

namespace agentic::services {
namespace {

constexpr std::int64_t kSegmentsPerRead = 8;
constexpr std::chrono::milliseconds kPoll{250};

}  // namespace

RunReader::RunReader(const Clock& clock, db::Executor& db, const RunHub& hub, TenantScope tenant, db::ConversationAccess access, Uuid run_id,
                     std::shared_ptr<LiveRun> live, std::int64_t after)
    : clock_(&clock), db_(&db), hub_(&hub), tenant_(tenant), access_(access), run_id_(run_id), after_(after), live_(std::move(live)) {}

Task<RunReader::Piece> RunReader::next(std::chrono::steady_clock::time_point until) {
    if (!live_) look_for_live();
    // The first attempt's channel has everything; a later one's only what came after the crash.
    if (live_ && !has_read_stored_ && after_ + 1 < live_->channel.first_sequence()) {
        AGENTIC_CO_TRY(auto bytes, co_await read_stored());
        if (!bytes.empty()) co_return Piece{.bytes = std::move(bytes)};
        has_read_stored_ = true;
    }
    if (live_) co_return co_await next_live(until);
    co_return co_await next_stored(until);
}

void RunReader::look_for_live() {
    live_ = hub_->find(tenant_, run_id_);
    has_read_stored_ = false;
}

Task<std::string> RunReader::read_stored() {
    AGENTIC_CO_TRY(const auto rows, co_await db::RunRepository(*db_).events_after(tenant_, run_id_, after_, kSegmentsPerRead));
    std::string bytes;
    for (const auto& row : rows) {
        if (live_ && row.first_sequence >= live_->channel.first_sequence()) break;  // the channel has these too
        if (!append_frames(bytes, {row.first_sequence, row.last_sequence, row.body}, after_)) {
            log::error("run_events_malformed", "Stored events cannot be read back", {{"run_id", run_id_.to_string()}, {"sequence", row.first_sequence}});
        }
        after_ = row.last_sequence;
    }
    co_return bytes;
}

Awaitable<RunReader::Piece> RunReader::next_live(std::chrono::steady_clock::time_point until) {
    if (!watcher_) watcher_ = std::make_unique<RunWatcher>(std::shared_ptr<RunChannel>(live_, &live_->channel), after_);
    auto piece = co_await watcher_->next(until);
    after_ = std::max(after_, piece.last_sequence);
    co_return Piece{.bytes = std::move(piece.bytes), .is_last = piece.is_last, .is_dropped = piece.is_dropped};
}

Task<RunReader::Piece> RunReader::next_stored(std::chrono::steady_clock::time_point until) {
    auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
    for (;;) {
        // The row first: when it says "ended", the events read after it are complete.
        AGENTIC_CO_TRY(const auto row, co_await db::RunRepository(*db_).find(tenant_, access_, run_id_));
        AGENTIC_CO_TRY(auto bytes, co_await read_stored());
        if (!bytes.empty()) co_return Piece{.bytes = std::move(bytes)};
        if (is_terminal(row.status)) co_return Piece{.is_last = true};
        look_for_live();
        const auto now = clock_->steady();
        if (live_ || now >= until) co_return Piece{};
        co_await wakeup->wait(std::min(until, now + kPoll));
    }
}

void read_frames(std::string_view frames, const std::function<void(const StoredEvent&)>& each) {
    constexpr std::string_view kId = "id: ", kEvent = "\nevent: ", kData = "\ndata: ", kEnd = "\n\n";
    while (frames.starts_with(kId)) {
        StoredEvent event;
        const auto type_at = frames.find(kEvent), data_at = frames.find(kData), end_at = frames.find(kEnd);
        if (type_at == frames.npos || data_at == frames.npos || end_at == frames.npos) return;
        std::from_chars(frames.data() + kId.size(), frames.data() + type_at, event.sequence);
        event.type = frames.substr(type_at + kEvent.size(), data_at - type_at - kEvent.size());
        event.data = frames.substr(data_at + kData.size(), end_at - data_at - kData.size());
        each(event);
        frames.remove_prefix(end_at + kEnd.size());
    }
}

}  // namespace agentic::services

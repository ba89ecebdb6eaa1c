#include "api/v1/run_stream.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include "api/services.hpp"
#include "http/sse.hpp"
#include "services/authenticator.hpp"

namespace agentic::api::v1 {
namespace {

constexpr std::chrono::seconds kRecheck{4};   // a revoked credential's streams end within five seconds

/// The asker's credentials, looked at again from time to time.
struct Credentials {
    auth::Authenticator* authenticator;   // null: tests without accounts
    std::string authorization, api_key;
    Uuid tenant_id, user_id;
    db::ConversationAccess access;        // which runs the asker could see when the stream began

    Awaitable<bool> still_hold() {
        if (authenticator == nullptr) co_return true;
        auto known = authenticator->cached(authorization, api_key);
        if (!known) {
            auto asked = co_await authenticator->authenticate(authorization, api_key);
            if (!asked) co_return asked.error().code == ErrorCode::unavailable;  // a database that is away revokes nothing
            known = *std::move(asked);
        }
        const auto& now = known->principal;
        co_return now.tenant_id == tenant_id && now.user_id == user_id && db::ConversationAccess::of(now).covers(access);
    }
};

class RunEventBody final : public http::BodyStream {
public:
    RunEventBody(const Clock& clock, services::RunReader reader, Credentials credentials)
        : clock_(clock), reader_(std::move(reader)), credentials_(std::move(credentials)), recheck_at_(clock.steady() + kRecheck) {}

    Awaitable<std::optional<std::string>> next() override {
        const auto silent_until = clock_.steady() + http::kSseKeepaliveInterval;
        while (!is_over_) {
            auto piece = co_await reader_.next(std::min(silent_until, recheck_at_));
            if (!piece) co_return std::nullopt;
            const auto now = clock_.steady();
            if (now >= recheck_at_) {
                if (!co_await credentials_.still_hold()) co_return std::nullopt;
                recheck_at_ = now + kRecheck;
            }
            is_over_ = piece->is_last;
            if (piece->is_dropped) co_return ": dropped, because too much was unread; come back with Last-Event-ID\n\n";
            if (!piece->bytes.empty()) co_return std::move(piece->bytes);
            if (!is_over_ && now >= silent_until) co_return std::string(http::kSseKeepalive);
        }
        co_return std::nullopt;
    }

private:
    const Clock& clock_;
    services::RunReader reader_;
    Credentials credentials_;
    std::chrono::steady_clock::time_point recheck_at_;
    bool is_over_ = false;
};

std::string header(const http::Request& request, std::string_view name) { return std::string(request.headers.get(name).value_or("")); }

}  // namespace

ResponseDoc run_stream_doc() {
    return {200, nullptr,
            "Events: `run_started`, `token`, `thinking`, `retrieval`, `message`, `complete`, `error`; `restarted` after a crash of the server, which takes "
            "back every `token` and `thinking` of the attempt before. `id` is the event's sequence number.",
            "text/event-stream"};
}

http::Response run_stream_response(RequestContext& ctx, services::RunReader reader) {
    Credentials credentials{.authenticator = ctx.services.authenticator,
                            .authorization = header(ctx.request, "authorization"),
                            .api_key = header(ctx.request, "x-api-key"),
                            .tenant_id = ctx.op.tenant.tenant_id(),
                            .user_id = ctx.op.principal.user_id,
                            .access = db::ConversationAccess::of(ctx.op.principal)};
    http::Response response{.status = 200};
    response.headers.add("content-type", "text/event-stream");
    response.headers.add("cache-control", "no-store");
    response.headers.add("x-accel-buffering", "no");
    response.stream = std::make_unique<RunEventBody>(ctx.services.clock, std::move(reader), std::move(credentials));
    return response;
}

std::int64_t resume_after(const http::Request& request, std::int64_t after) {
    const auto last = request.headers.get("last-event-id");
    if (!last) return after;
    std::int64_t sequence = 0;
    const auto [end, error] = std::from_chars(last->data(), last->data() + last->size(), sequence);
    return error == std::errc{} && end == last->data() + last->size() && sequence >= 0 ? sequence : after;
}

}  // namespace agentic::api::v1

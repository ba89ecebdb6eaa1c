#include "api/idempotency.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "api/error_response.hpp"
#include "api/services.hpp"
#include "async/shielded.hpp"
#include "async/wakeup.hpp"
#include "core/log.hpp"
#include "db/repositories/idempotency.hpp"
#include "http/status.hpp"
#include "services/knowledge/digest.hpp"

namespace agentic::api {
namespace {

using Handle = Task<http::Response> (*)(const Route&, RequestContext&);

constexpr std::string_view kHeader = "idempotency-key";
constexpr std::string_view kReplayed = "idempotency-replayed";
constexpr std::size_t kKeyMax = 255;
constexpr std::chrono::hours kKept{24};
constexpr std::chrono::milliseconds kLockMax{60'000};
constexpr std::chrono::milliseconds kLockMargin{5'000};   // to store the answer
constexpr std::chrono::milliseconds kRunLock{10'000};     // a run and its key are stored together, so taking over is safe at any time
constexpr std::chrono::milliseconds kFirstPause{20}, kLastPause{640};   // between looks at a request that is still being carried out: 1.3 s in all

/// A structured-field string (RFC 9651) or the bare characters.
Result<std::string> read_key(const http::Headers& headers) {
    std::string_view text = headers.get(kHeader).value_or("");
    if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
    const bool is_printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
    if (headers.count(kHeader) != 1 || text.empty() || text.size() > kKeyMax || !is_printable)
        return fail(ErrorCode::bad_request, "Idempotency-Key must be one value of 1 to 255 printable ASCII characters");
    return std::string(text);
}

/// Of everything that makes the request what it is. Each part has its length in front, so that no two requests run together.
std::string fingerprint_of(const http::Request& request) {
    std::string all;
    const auto add = [&all](std::string_view part) { all.append(std::to_string(part.size())).append(":").append(part); };
    add(request.path);
    for (const auto& [name, value] : request.query) add(name), add(value);
    add(request.body);
    for (const auto& part : request.form) {
        add(part.name);
        add(part.file_name ? std::string_view(*part.file_name) : std::string_view());
        add(part.content_type);
        add(part.text);
        add(part.sha256_hex);
    }
    return services::sha256_hex(all);
}

std::string lines_of(const http::Headers& headers) {
    std::string lines;
    for (const auto [name, value] : headers.fields()) lines.append(name).append(": ").append(value).append("\n");
    return lines;
}

http::Headers headers_of(std::string_view lines) {
    http::Headers headers;
    for (auto end = lines.find('\n'); end != lines.npos; end = lines.find('\n')) {
        const auto colon = lines.find(": ");
        headers.add(lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2));
        lines.remove_prefix(end + 1);
    }
    return headers;
}

/// Whether an answer is remembered without its content.
bool holds_secret(const Route& route, std::int64_t status) { return route.repeat == Repeat::secret && status < 300; }

/// One request that holds its key.
class Attempt {
public:
    Attempt(const Route& route, RequestContext& context) : route_(route), context_(context), keys_(context.services.db) {}

    Task<http::Response> carry_out(Handle handle) {
        auto result = co_await called(handle);
        if (route_.repeat == Repeat::run && result) co_return std::move(result);   // the run has the key
        if (!result && http::status_of(result.error().code) < 500 && result.error().code != ErrorCode::rate_limited) result = error_response(result.error(), context_.request);
        const auto stored = result ? co_await keep(*result) : co_await keys_.release(context_.op.tenant, *context_.claim);
        if (!stored) log::warning("idempotency_key", "What came of a request could not be stored; its key stays locked for a while",
                                  {{"request_id", context_.op.request_id}, {"context", stored.error().internal_context}});
        co_return std::move(result);
    }

private:
    /// An exception is a failure like another, so that its key is given back; a cancelled request leaves its key locked, because nobody knows what it did.
    Task<http::Response> called(Handle handle) {
        std::string what;
        try {
            co_return co_await handle(route_, context_);
        } catch (const boost::system::system_error&) {
            throw;
        } catch (const std::exception& error) {
            what = error.what();
        }
        co_return fail(ErrorCode::internal_error, "Internal server error", std::move(what));
    }

    Task<> keep(const http::Response& response) {
        const bool is_secret = holds_secret(route_, response.status);
        co_return co_await keys_.finish(context_.op.tenant, *context_.claim, response.status, is_secret ? "" : lines_of(response.headers), is_secret ? "" : response.body);
    }

    const Route& route_;
    RequestContext& context_;
    db::IdempotencyRepository keys_;
};

Task<http::Response> answer_again(const Route& route, RequestContext& context, db::IdempotencyRow row, Handle handle) {
    http::Response response;
    if (row.status && holds_secret(route, *row.status)) {
        co_return fail(ErrorCode::conflict, "This request was carried out before; its answer held a secret, which is shown only once");
    } else if (row.status) {
        response = {.status = static_cast<int>(*row.status), .headers = headers_of(row.headers), .body = std::move(row.body)};
    } else if (row.run_id) {
        context.earlier_run = row.run_id;
        AGENTIC_CO_TRY(response, co_await handle(route, context));
    } else {
        co_return std::unexpected(Error{.code = ErrorCode::conflict, .public_message = "A request with this Idempotency-Key is still being carried out", .retry_after_s = 1});
    }
    response.headers.set(kReplayed, "true");
    co_return response;
}

std::chrono::milliseconds lock_of(const Route& route) {
    return route.repeat == Repeat::run ? kRunLock : std::min(route.timeout, kLockMax) + kLockMargin;
}

/// Takes the key, or waits a moment for what comes of the request that has it.
Task<db::IdempotencyRow> take(const Route& route, RequestContext& context, const db::IdempotencyClaim& claim, const std::string& fingerprint) {
    async::SteadyTimer timer(co_await asio::this_coro::executor);
    for (auto pause = kFirstPause;; pause *= 2) {
        const auto now = context.op.clock.now();
        AGENTIC_CO_TRY(auto row, co_await db::IdempotencyRepository(context.services.db)
                                     .reserve(context.op.tenant, claim, {.fingerprint = fingerprint, .now = now, .locked_until = now.plus(lock_of(route)), .expires_at = now.plus(kKept)}));
        const bool is_open = row.reservation != claim.reservation && row.fingerprint == fingerprint && !row.status && !row.run_id;
        if (!is_open || pause > kLastPause) co_return row;
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>{});
    }
}

Task<http::Response> answer_keyed(const Route& route, RequestContext& context, Handle handle) {
    AGENTIC_CO_TRY(auto key, read_key(context.request.headers));
    db::IdempotencyClaim claim{.user_id = context.op.principal.user_id,
                               .operation = std::string(route.operation_id),
                               .key = std::move(key),
                               .reservation = make_uuid_v7(context.op.clock.now().unix_ms())};
    const auto fingerprint = fingerprint_of(context.request);
    AGENTIC_CO_TRY(auto row, co_await take(route, context, claim, fingerprint));
    if (row.fingerprint != fingerprint) co_return fail_validation({{"Idempotency-Key", "was used for another request"}});
    if (row.reservation != claim.reservation) co_return co_await answer_again(route, context, std::move(row), handle);
    context.claim = std::move(claim);
    Attempt attempt(route, context);
    // A client that leaves must not cut off what its next request asks for again. A run goes on by itself.
    if (route.repeat == Repeat::run) co_return co_await attempt.carry_out(handle);
    co_return co_await async::shielded(attempt.carry_out(handle));
}

}  // namespace

bool takes_idempotency_key(const Route& route) {
    const auto kind = route.policy.kind();
    return route.method == http::Method::post && route.repeat != Repeat::harmless && (kind == Policy::Kind::tenant || kind == Policy::Kind::person);
}

Task<http::Response> answer_once(const Route& route, RequestContext& context, Handle handle) {
    if (!takes_idempotency_key(route) || context.request.headers.count(kHeader) == 0) return handle(route, context);
    return answer_keyed(route, context, handle);
}

}  // namespace agentic::api

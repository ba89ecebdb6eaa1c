#include "http/outbound_retry.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <string>

#include "async/wakeup.hpp"
#include "core/random.hpp"

namespace agentic::http {
namespace {

using std::chrono::milliseconds;

std::optional<double> parse_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0 || value > 1e9) return std::nullopt;
    return value;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
    std::tm parts{};
    const std::string terminated(text);
    const char* end = ::strptime(terminated.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

double random_fraction() {
    std::uint8_t bytes[4];
    random_bytes(bytes);
    return static_cast<double>(bytes[0] | bytes[1] << 8 | bytes[2] << 16) / (1 << 24);
}

}  // namespace

milliseconds backoff(const RetryPolicy& policy, int retry) {
    const double wait = std::min<double>(static_cast<double>(policy.base.count()) * std::exp2(retry), static_cast<double>(policy.cap.count()));
    return milliseconds(static_cast<std::int64_t>(wait * (1 - (policy.random ? policy.random() : random_fraction()) * 0.25)));
}

std::optional<milliseconds> requested_wait(const OutboundResponse& response) {
    if (const auto ms = parse_number(response.header("retry-after-ms"))) return milliseconds(static_cast<std::int64_t>(*ms));
    const auto text = response.header("retry-after");
    if (const auto seconds = parse_number(text)) return milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    const auto until = parse_http_date(text), now = parse_http_date(response.header("date"));
    if (!until || !now || *until < *now) return std::nullopt;
    return *until - *now;
}

Task<> pause(milliseconds time) {
    async::SteadyTimer timer(co_await asio::this_coro::executor, time);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable_t<IoExecutor>{}, error));
    if (error) co_return fail(ErrorCode::cancelled, "The call was cancelled");
    co_return Result<void>();
}

}  // namespace agentic::http

#include "embeddings/remote_source.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cmath>
#include <format>
#include <optional>

#include "async/wakeup.hpp"
#include "core/random.hpp"
#include "embeddings/windows.hpp"

namespace agentic::embeddings {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestBackoff{8'000};
constexpr std::uint64_t kMaxAnswerBytes = 64ULL << 20;
constexpr std::size_t kOverlapDivisor = 32;
constexpr std::size_t kSpareDivisor = 128;

double random_fraction() {
    std::uint8_t bytes[2];
    random_bytes(bytes);
    return (bytes[0] | bytes[1] << 8) / 65536.0;
}

std::optional<milliseconds> requested_wait(const http::OutboundResponse& response) {
    for (const auto& [name, unit] : {std::pair{"retry-after-ms", 1.0}, {"retry-after", 1000.0}}) {
        const auto text = response.header(name);
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc() && end == text.data() + text.size() && value >= 0 && value < 1e6) return milliseconds(static_cast<std::int64_t>(value * unit));
    }
    return std::nullopt;
}

Task<> pause(milliseconds time) {
    async::SteadyTimer timer(co_await asio::this_coro::executor, time);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable_t<IoExecutor>{}, error));
    if (error) co_return fail(ErrorCode::cancelled, "The call was cancelled");
    co_return Result<void>();
}

Error failure_of(int status, std::string_view body) {
    const auto message = status == 401 || status == 403 ? "The embedding provider refused the API key"
                         : status == 404                ? "The embedding provider does not know this model"
                         : status == 429                ? "The embedding provider is busy; try again shortly"
                         : status < 500                 ? "The embedding provider refused the request"
                                                        : "The embedding provider failed";
    return {.code = ErrorCode::upstream_error, .public_message = message, .internal_context = std::format("status {}: {}", status, body.substr(0, 500))};
}

}  // namespace

std::vector<std::string_view> split_for_window(std::string_view text, const TokenCounter& tokens, std::size_t window, Purpose purpose) {
    if (text.size() <= window) return {text};  // a token has at least one byte
    const auto spans = tokens.tokens(text);
    std::vector<std::string_view> out;
    // A part may have a few tokens more than it had inside the text: where it is cut, a word begins anew.
    const auto capacity = spans.size() > window ? window - window / kSpareDivisor : window;
    for (const auto [begin, end] : windows_of(spans.size(), capacity, capacity / kOverlapDivisor)) {
        const auto from = begin == 0 ? 0 : spans[begin].begin;
        const auto to = end == spans.size() ? text.size() : spans[end].begin;
        out.push_back(text.substr(from, std::max(from, to) - from));
        if (purpose == Purpose::query) break;
    }
    return out;
}

struct RemoteSource::Attempt {
    bool retryable = false;
    std::optional<milliseconds> wait;
};

RemoteSource::RemoteSource(RemoteModel model, http::OutboundClient& outbound, const TokenCounter& tokens, RemoteOptions options)
    : model_(std::move(model)), outbound_(outbound), tokens_(tokens), options_(std::move(options)) {}

Task<EmbeddedTexts> RemoteSource::embed(std::vector<std::string> texts, Purpose purpose) {
    EmbeddedTexts out{.vectors = {.dimensions = model_.dimensions}};
    std::vector<std::string_view> inputs;
    for (const auto& text : texts) {
        out.first.push_back(inputs.size());
        std::ranges::copy(split_for_window(text, tokens_, model_.window, purpose), std::back_inserter(inputs));
    }
    out.first.push_back(inputs.size());
    for (std::size_t begin = 0; begin < inputs.size();) {
        std::size_t end = begin, sum = 0;
        for (; end < inputs.size() && end - begin < options_.max_inputs; ++end) {
            sum += tokens_.count(inputs[end]);
            if (sum > options_.max_tokens && end > begin) break;
        }
        AGENTIC_CO_TRY(const auto rows, co_await call(std::span(inputs).subspan(begin, end - begin)));
        out.vectors.values.insert(out.vectors.values.end(), rows.begin(), rows.end());
        begin = end;
    }
    co_return out;
}

Task<std::vector<float>> RemoteSource::call(std::span<const std::string_view> inputs) {
    const auto body = write_embedding_request(model_, inputs);
    for (int retry = 0;; ++retry) {
        Attempt attempt;
        auto rows = co_await try_once(&body, inputs.size(), &attempt);
        if (rows || !attempt.retryable || retry == options_.max_retries) co_return rows;
        const auto wait = attempt.wait.value_or(backoff(retry));
        if (wait > options_.longest_wait) co_return rows;
        AGENTIC_CO_CHECK(co_await pause(wait));
    }
}

// Pointers, as the frame outlives the expression: they refer to variables of call(), which waits for this.
Task<std::vector<float>> RemoteSource::try_once(const std::string* body, std::size_t inputs, Attempt* attempt) {
    http::OutboundRequest request{.method = "POST", .url = model_.base_url + "/embeddings", .headers = {{"content-type", "application/json"}}, .body = *body};
    if (!model_.key.empty()) request.secret_headers.emplace_back("authorization", Secret("Bearer " + std::string(model_.key.reveal())));
    request.total_timeout = options_.call_timeout;
    request.max_response_bytes = kMaxAnswerBytes;
    request.accept_compressed = true;
    const auto response = co_await outbound_.send(std::move(request));
    if (!response) {
        attempt->retryable = response.error().code == ErrorCode::upstream_error;
        co_return std::unexpected(response.error());
    }
    if (response->status == 200) co_return read_embedding_answer(response->body, inputs, model_.dimensions);
    auto error = failure_of(response->status, response->body);
    attempt->retryable = response->status == 408 || response->status == 409 || response->status == 429 || response->status >= 500;
    attempt->wait = requested_wait(*response);
    if (attempt->wait) error.retry_after_s = std::max<std::int64_t>(1, (attempt->wait->count() + 999) / 1000);
    co_return std::unexpected(std::move(error));
}

milliseconds RemoteSource::backoff(int retry) const {
    const double wait = std::min<double>(static_cast<double>(options_.backoff.count()) * std::exp2(retry), static_cast<double>(kLongestBackoff.count()));
    return milliseconds(static_cast<std::int64_t>(wait * (1 - (options_.random ? options_.random() : random_fraction()) * 0.25)));
}

}  // namespace agentic::embeddings

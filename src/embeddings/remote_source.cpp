#include "embeddings/remote_source.hpp"

#include <algorithm>
#include <format>
#include <optional>

#include "embeddings/windows.hpp"

namespace agentic::embeddings {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMaxAnswerBytes = 64ULL << 20;
constexpr std::size_t kOverlapDivisor = 32;
constexpr std::size_t kSpareDivisor = 128;

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
        if (rows || !attempt.retryable || retry == options_.retries.max_retries) co_return rows;
        const auto wait = attempt.wait.value_or(http::backoff(options_.retries, retry));
        if (wait > options_.retries.longest) co_return rows;
        AGENTIC_CO_CHECK(co_await http::pause(wait));
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
    attempt->wait = http::requested_wait(*response);
    if (attempt->wait) error.retry_after_s = std::max<std::int64_t>(1, (attempt->wait->count() + 999) / 1000);
    co_return std::unexpected(std::move(error));
}

}  // namespace agentic::embeddings

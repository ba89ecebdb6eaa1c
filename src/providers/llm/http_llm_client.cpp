#include "providers/llm/http_llm_client.hpp"

#include <algorithm>
#include <cstdint>
#include <format>

#include "providers/llm/sse_parser.hpp"

namespace agentic::llm {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMaxStreamBytes = 256ULL << 20;  // with its framing: far above any answer, far below an endless one
constexpr std::size_t kMaxWholeBytes = 32 << 20;

// Server-sent events, or the whole JSON body of a server that does not stream: no event can begin with a brace.
class BodyReader {
public:
    explicit BodyReader(AnswerReader& reader) : reader_(reader), events_([&reader](std::string_view, std::string_view data) { reader.on_event(data); }) {}

    bool feed(std::string_view piece) {
        if (kind_ == Kind::unknown) {
            const auto first = piece.find_first_not_of(" \t\r\n");
            if (first == piece.npos) return true;
            kind_ = piece[first] == '{' ? Kind::whole : Kind::events;
        }
        if (kind_ == Kind::events) return events_.feed(piece) && !reader_.failure();
        whole_ += piece;
        return whole_.size() <= kMaxWholeBytes;
    }

    void finish() {
        if (kind_ == Kind::whole) reader_.on_whole(whole_);
        else events_.finish();
    }

private:
    enum class Kind : std::uint8_t { unknown, events, whole };
    AnswerReader& reader_;
    SseParser events_;
    std::string whole_;
    Kind kind_ = Kind::unknown;
};

milliseconds time_left(const Request& request) {
    if (request.deadline == std::chrono::steady_clock::time_point{}) return std::chrono::minutes(10);
    return std::chrono::ceil<milliseconds>(request.deadline - std::chrono::steady_clock::now());
}

std::string model_warning(const ModelInfo& model) {
    return std::format("the model {} is not in the catalog; assuming a context of {} tokens, {} of output, and the prices of its family", model.id, model.context_window,
                       model.max_output);
}

}  // namespace

/// What one try leaves behind for the decision about another.
struct HttpLlmClient::Attempt {
    bool retryable = false;
    std::optional<milliseconds> wait;
};

HttpLlmClient::HttpLlmClient(std::unique_ptr<const Protocol> protocol, http::OutboundClient& outbound, const ModelCatalog& catalog, http::RetryPolicy retries)
    : protocol_(std::move(protocol)), outbound_(outbound), catalog_(catalog), retries_(std::move(retries)) {}

Task<Answer> HttpLlmClient::stream(Request request, DeltaSink sink) {
    const auto model = catalog_.find(request.endpoint.provider, request.model);
    auto wire = protocol_->write(request, model);
    if (!model.known) wire.warnings.push_back(model_warning(model));
    for (int retry = 0;; ++retry) {
        Attempt attempt;
        auto answer = co_await try_once(&request, &sink, &wire, &attempt);
        if (answer || !attempt.retryable || retry == retries_.max_retries) co_return answer;
        const auto wait = attempt.wait.value_or(http::backoff(retries_, retry));
        if (wait > retries_.longest || wait >= time_left(request)) co_return answer;
        AGENTIC_CO_CHECK(co_await http::pause(wait));
    }
}

// Pointers, as the frame outlives the expression: they refer to the variables of stream(), which waits for this.
Task<Answer> HttpLlmClient::try_once(const Request* request, const DeltaSink* sink, const WireRequest* wire, Attempt* attempt) {
    const auto left = time_left(*request);
    if (left <= milliseconds(0)) co_return fail(ErrorCode::deadline_exceeded, "The model provider did not answer in time");
    const auto reader = protocol_->reader(*request, *sink);
    BodyReader body(*reader);
    bool readable = true;
    http::OutboundRequest call{.url = wire->url, .headers = wire->headers, .secret_headers = wire->secret_headers, .body = wire->body};
    call.total_timeout = left;
    call.idle_timeout = left;  // a model may think in silence for as long as it is given
    call.max_response_bytes = kMaxStreamBytes;
    call.on_data = [&](std::string_view piece) { return readable = body.feed(piece); };
    auto response = co_await outbound_.send(std::move(call));
    if (!response && !reader->is_complete()) {  // else the answer was whole, and only its connection did not end well
        auto error = std::move(response).error();
        if (error.code == ErrorCode::deadline_exceeded && time_left(*request) > milliseconds(0)) error.code = ErrorCode::upstream_error;  // of the connecting, not of the call
        attempt->retryable = error.code == ErrorCode::upstream_error && !reader->has_delivered();
        co_return std::unexpected(std::move(error));
    }
    const std::string id(response ? response->header(protocol_->request_id_header()) : std::string_view());
    if (response && (response->status < 200 || response->status >= 300)) {
        auto failure = failure_of_status(*request, response->status, response->body);
        const auto asked = response->header("x-should-retry");
        attempt->retryable = asked == "true" || (asked != "false" && failure.retryable);
        attempt->wait = http::requested_wait(*response);
        if (attempt->wait) failure.error.retry_after_s = std::max<std::int64_t>(1, (attempt->wait->count() + 999) / 1000);
        failure.error.internal_context += " (request " + id + ")";
        co_return std::unexpected(std::move(failure.error));
    }
    if (response && readable) body.finish();
    auto answer = reader->finish();
    if (!answer) {
        attempt->retryable = !reader->has_delivered() && reader->failure()->retryable;
        answer.error().internal_context += " (request " + id + ")";
        co_return answer;
    }
    if (answer->model.empty()) answer->model = request->model;
    answer->warnings.insert(answer->warnings.begin(), wire->warnings.begin(), wire->warnings.end());
    co_return answer;
}

}  // namespace agentic::llm

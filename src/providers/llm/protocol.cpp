#include "providers/llm/protocol.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>

#include "core/encoding.hpp"

namespace agentic::llm {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxShownBytes = 300;

// A provider's words, fit to be shown: one line, bounded, without the key (some echo a part of it).
std::string clean(std::string_view text, const Secret& key) {
    std::string out;
    if (!is_valid_utf8(text)) return out;
    for (const char c : text.substr(0, kMaxShownBytes)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    while (!out.empty() && !is_valid_utf8(out)) out.pop_back();
    const auto whole = key.reveal();
    const std::size_t length = std::min<std::size_t>(whole.size(), 12);
    if (length >= 4) {
        for (const auto piece : {whole, whole.substr(0, length), whole.substr(whole.size() - std::min<std::size_t>(whole.size(), 4))}) {
            for (auto at = out.find(piece); at != out.npos; at = out.find(piece)) out.replace(at, piece.size(), "…");
        }
    }
    return out;
}

struct ProviderError {
    std::string type, message;
};

// {"error": {"type", "message", "code"}} of both protocols, {"error": "text"}, {"message"} and {"detail"} of others.
ProviderError read_error(std::string_view body) {
    boost::system::error_code failed;
    const auto document = json::parse(body, failed);
    const auto* root = failed ? nullptr : document.if_object();
    if (root == nullptr) return {};
    const auto text = [](const json::object& object, std::string_view key) {
        const auto* value = object.if_contains(key);
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    if (const auto* error = root->if_contains("error"); error != nullptr && error->is_object()) {
        const auto& object = error->get_object();
        auto type = text(object, "type");
        return {type.empty() ? text(object, "code") : type, text(object, "message")};
    }
    for (const char* key : {"error", "message", "detail"}) {
        if (auto message = text(*root, key); !message.empty()) return {{}, std::move(message)};
    }
    return {};
}

int status_of_type(std::string_view type) {
    static constexpr std::pair<std::string_view, int> kTypes[] = {
        {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402}, {"permission_error", 403}, {"not_found_error", 404},
        {"request_too_large", 413}, {"rate_limit_error", 429}, {"rate_limit_exceeded", 429}, {"insufficient_quota", 402}, {"timeout_error", 504}, {"overloaded_error", 529}};
    const auto found = std::ranges::find(kTypes, type, &std::pair<std::string_view, int>::first);
    return found == std::end(kTypes) ? 500 : found->second;
}

Error describe(const Request& request, int status, const std::string& message) {
    const auto error = [](ErrorCode code, std::string text) { return Error{.code = code, .public_message = std::move(text)}; };
    switch (status) {
        case 401:
        case 403: return error(ErrorCode::upstream_error, "The model provider refused the API key");
        case 402: return error(ErrorCode::upstream_error, "The model provider reports a billing problem with this account");
        case 404: return error(ErrorCode::bad_request, "The model provider does not know the model or the path (model: " + clean(request.model, {}) + ")");
        case 408:
        case 504: return error(ErrorCode::upstream_error, "The model provider did not answer in time");  // its own time, while ours goes on
        case 429: return error(ErrorCode::rate_limited, "The model provider's rate limit is reached");
        case 503:
        case 529: return error(ErrorCode::upstream_error, "The model provider is overloaded");
        default: break;
    }
    if (status >= 400 && status < 500) return error(ErrorCode::bad_request, "The model provider refused the request" + (message.empty() ? "" : ": " + message));
    return error(ErrorCode::upstream_error, "The model provider failed");
}

Failure make_failure(const Request& request, int status, const ProviderError& from) {
    const auto message = clean(from.message, request.endpoint.api_key);
    Failure failure{.error = describe(request, status, message), .retryable = status == 408 || status == 409 || status == 429 || status >= 500};
    failure.error.internal_context = request.endpoint.provider + " " + std::to_string(status) + " " + clean(from.type, request.endpoint.api_key) + ": " + message;
    return failure;
}

}  // namespace

Failure failure_of_status(const Request& request, int status, std::string_view body) { return make_failure(request, status, read_error(body)); }

Failure failure_of_event(const Request& request, std::string_view error_type, std::string_view message) {
    return make_failure(request, status_of_type(error_type), {std::string(error_type), std::string(message)});
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
    append_json_string(out, name);
    out += ':';
    append_json_string(out, text);
}

std::size_t question_index(const std::vector<Message>& messages) {
    const auto has_text = [](const Block& block) {
        const auto* text = std::get_if<TextBlock>(&block);
        return text != nullptr && !text->text.empty();
    };
    for (std::size_t i = messages.size(); i-- > 0;) {
        if (messages[i].role == MessageRole::user && std::ranges::any_of(messages[i].blocks, has_text)) return i;
    }
    return messages.size();
}

std::optional<std::string> compact_json(std::string_view text) {
    boost::system::error_code error;
    json::stream_parser parser;  // validates; the text itself is kept, so that numbers stay as they were written
    parser.write(text.data(), text.size(), error);
    if (!error) parser.finish(error);
    if (error) return std::nullopt;
    std::string out;
    out.reserve(text.size());
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (!in_string && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
        out += c;
        if (c == '"') in_string = !in_string;
        if (c == '\\' && in_string) out += text[++i];
    }
    return out;
}

void AnswerReader::deliver(const Delta& delta) {
    delivered_ = true;
    if (sink_) sink_(delta);
}

void AnswerReader::report_usage() {
    if (sink_) sink_(UsageReport{answer_.usage});
}

void AnswerReader::fail_with(Failure failure) {
    if (!failure_) failure_ = std::move(failure);
}

void AnswerReader::fail_protocol(std::string_view what) {
    Error error{.code = ErrorCode::upstream_error, .public_message = "The model provider's answer was malformed"};
    error.internal_context = request_.endpoint.provider + ": " + std::string(what);
    fail_with({std::move(error), true});
}

Result<Answer> AnswerReader::finish() {
    if (!failure_ && !answered_) {
        Error error{.code = ErrorCode::upstream_error, .public_message = "The model provider's answer ended early"};
        error.internal_context = request_.endpoint.provider + ": stream ended before its last event";
        fail_with({std::move(error), true});
    }
    if (!failure_) complete();
    if (failure_) return std::unexpected(failure_->error);
    return std::move(answer_);
}

}  // namespace agentic::llm

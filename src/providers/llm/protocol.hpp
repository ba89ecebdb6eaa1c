#pragma once
// What the HTTP providers have in common: a protocol writes the request and reads the stream, without I/O; HttpLlmClient drives it.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/secret.hpp"
#include "providers/llm/llm_client.hpp"
#include "providers/llm/model_catalog.hpp"

namespace agentic::llm {

/// A request as it goes onto the wire. Headers hold no secrets but in `secret_headers`.
struct WireRequest {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::pair<std::string, Secret>> secret_headers;
    std::string body;
    std::vector<std::string> warnings;
};

/// Why a call failed, and whether the same call may be sent again.
struct Failure {
    Error error;
    bool retryable = false;
};

/// Reads one answer. Fed with the data of server-sent events, or with a whole JSON body when the server does not stream.
class AnswerReader {
public:
    /// `request` and `sink` outlive the reader.
    AnswerReader(const Request& request, const DeltaSink& sink) : request_(request), sink_(sink) {}
    virtual ~AnswerReader() = default;
    AnswerReader(const AnswerReader&) = delete;
    AnswerReader& operator=(const AnswerReader&) = delete;

    virtual void on_event(std::string_view data) = 0;
    virtual void on_whole(std::string_view body) = 0;
    /// The input has ended. A failure when it ended too early, or earlier with an error.
    Result<Answer> finish();

    const std::optional<Failure>& failure() const { return failure_; }
    bool is_complete() const { return complete_; }
    /// True once something has reached the sink: the call must not be repeated then.
    bool has_delivered() const { return delivered_; }

protected:
    void deliver(const Delta& delta);
    /// `answer_.usage` has changed.
    void report_usage();
    void fail_with(Failure failure);
    void fail_protocol(std::string_view what);
    /// Last touches once the provider has said everything.
    virtual void complete() = 0;

    const Request& request_;
    Answer answer_;
    bool answered_ = false;  // the stop reason has arrived
    bool complete_ = false;  // nothing more is expected

private:
    const DeltaSink& sink_;
    std::optional<Failure> failure_;
    bool delivered_ = false;
};

class Protocol {
public:
    virtual ~Protocol() = default;
    virtual WireRequest write(const Request& request, const ModelInfo& model) const = 0;
    virtual std::unique_ptr<AnswerReader> reader(const Request& request, const DeltaSink& sink) const = 0;
    virtual std::string_view request_id_header() const = 0;
};

std::unique_ptr<Protocol> make_anthropic_protocol();
/// `compatible`: other servers that speak OpenAI's chat completions (`max_tokens`, no `stream_options`, perhaps no usage, perhaps no key).
std::unique_ptr<Protocol> make_openai_protocol(bool compatible);

/// The failure behind an error answer, or behind an error in mid-stream, where providers name its type instead of a status.
Failure failure_of_status(const Request& request, int status, std::string_view body);
Failure failure_of_event(const Request& request, std::string_view error_type, std::string_view message);

/// Appends `"name":"text"`.
void append_field(std::string& out, std::string_view name, std::string_view text);
/// The message that asks: the last one of the user's with text in it, or messages.size(). Passages stay with it during a tool loop, so the prompt's prefix
/// does not change.
std::size_t question_index(const std::vector<Message>& messages);

/// JSON without whitespace outside strings; nullopt when it is not valid JSON.
std::optional<std::string> compact_json(std::string_view text);

}  // namespace agentic::llm

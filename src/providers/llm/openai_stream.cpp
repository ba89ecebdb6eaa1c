// OpenAI's chat completions: how an answer is read, also from servers that take liberties with the protocol.
#include <algorithm>
#include <charconv>
#include <map>

#include "providers/llm/event_json.hpp"
#include "providers/llm/openai.hpp"
#include "providers/llm/sentences.hpp"
#include "providers/llm/token_estimate.hpp"

namespace agentic::llm {
namespace {

namespace json = boost::json;

// Of all passages that an answer cites together, and of each of them at least: this runs on the caller's thread.
constexpr std::size_t kQuotedFromMax = 1 << 20;
constexpr std::size_t kQuotedFromMin = 4 << 10;

struct CallDraft {
    std::string id, name, arguments;
};

class OpenAiReader final : public AnswerReader {
public:
    using AnswerReader::AnswerReader;

    void on_event(std::string_view data) override {
        if (failure() || complete_) return;
        if (data == "[DONE]") {
            complete_ = true;
            return;
        }
        const auto* chunk = json_.parse(data);
        if (chunk == nullptr) return fail_protocol("an event is not a JSON object");
        read_chunk(*chunk, "delta");
    }

    void on_whole(std::string_view body) override {
        const auto* answer = json_.parse(body);
        if (answer == nullptr) return fail_protocol("the answer is not a JSON object");
        read_chunk(*answer, "message");
        complete_ = true;
    }

private:
    void read_chunk(const json::object& chunk, std::string_view part) {
        if (const auto* error = chunk.if_contains("error"); error != nullptr && !error->is_null()) return on_error(*error);
        if (answer_.model.empty()) answer_.model = text_of(chunk, "model");
        if (const auto* usage = object_of(chunk, "usage")) read_usage(*usage);
        const auto* choices = array_of(chunk, "choices");
        if (choices == nullptr || choices->empty() || !choices->front().is_object()) return;
        const auto& choice = choices->front().get_object();
        if (const auto* delta = object_of(choice, part)) read_delta(*delta);
        if (const auto reason = text_of(choice, "finish_reason"); !reason.empty()) on_finish(reason);
    }

    void read_delta(const json::object& delta) {
        for (const char* key : {"reasoning_content", "reasoning"}) {  // of compatible servers
            const auto text = text_of(delta, key);
            if (text.empty()) continue;
            thinking_ += text;
            deliver(ThinkingDelta{text});
            break;
        }
        add_text(text_of(delta, "content"));
        if (const auto refusal = text_of(delta, "refusal"); !refusal.empty()) {
            refused_ = true;
            add_text(refusal);
        }
        const auto* calls = array_of(delta, "tool_calls");
        if (calls == nullptr) return;
        std::int64_t position = 0;
        for (const auto& call : *calls) {
            if (call.is_object()) read_call(call.get_object(), position++);
        }
    }

    void add_text(std::string_view text) {
        if (text.empty()) return;
        text_ += text;
        deliver(TextDelta{text});
    }

    // Fragments belong together by index alone; servers that leave it out send each call whole, or a new id where a new call begins.
    void read_call(const json::object& call, std::int64_t position) {
        std::int64_t index = -1;
        read_count(call, "index", index);
        const auto id = text_of(call, "id");
        if (index < 0) index = id.empty() || calls_.empty() ? position : find_or_next(id);
        CallDraft& draft = calls_[index];
        if (!id.empty()) draft.id = id;
        const auto* function = object_of(call, "function");
        if (function == nullptr) return;
        if (const auto name = text_of(*function, "name"); !name.empty()) draft.name = name;
        if (const auto* arguments = object_of(*function, "arguments")) draft.arguments = json::serialize(*arguments);
        draft.arguments += text_of(*function, "arguments");
    }

    std::int64_t find_or_next(std::string_view id) const {
        const auto found = std::ranges::find_if(calls_, [&](const auto& entry) { return entry.second.id == id; });
        return found != calls_.end() ? found->first : calls_.rbegin()->first + 1;
    }

    void read_usage(const json::object& usage) {
        has_usage_ = true;
        read_count(usage, "prompt_tokens", answer_.usage.input_tokens);
        read_count(usage, "completion_tokens", answer_.usage.output_tokens);
        if (const auto* details = object_of(usage, "prompt_tokens_details")) read_count(*details, "cached_tokens", answer_.usage.cache_read_tokens);
        if (const auto* details = object_of(usage, "completion_tokens_details")) read_count(*details, "reasoning_tokens", answer_.usage.reasoning_tokens);
        report_usage();
    }

    void on_finish(std::string_view reason) {
        answered_ = true;
        if (reason == "stop") answer_.stop_reason = StopReason::end_turn;
        else if (reason == "length") answer_.stop_reason = StopReason::max_tokens;
        else if (reason == "tool_calls" || reason == "function_call") answer_.stop_reason = StopReason::tool_use;
        else if (reason == "content_filter") answer_.stop_reason = StopReason::refusal;
        else answer_.stop_reason = StopReason::other;
        if (answer_.stop_reason == StopReason::other) answer_.warnings.push_back("the provider stopped for a reason this version does not know");
    }

    void on_error(const json::value& error) {
        if (const auto* object = error.if_object()) {
            const auto type = text_of(*object, "type");
            return fail_with(failure_of_event(request_, type.empty() ? text_of(*object, "code") : type, text_of(*object, "message")));
        }
        fail_with(failure_of_event(request_, "", error.is_string() ? std::string_view(error.get_string()) : std::string_view()));
    }

    void complete() override {
        if (!thinking_.empty()) answer_.blocks.emplace_back(ThinkingBlock{std::move(thinking_), {}});
        if (!text_.empty()) {
            answer_.citations = find_references(text_, request_.passages);
            answer_.blocks.emplace_back(TextBlock{std::move(text_)});
        }
        for (auto& [index, draft] : calls_) close_call(index, draft);
        if (refused_) answer_.stop_reason = StopReason::refusal;
        else if (!calls_.empty() && answer_.stop_reason == StopReason::end_turn) answer_.stop_reason = StopReason::tool_use;
        if (!has_usage_) estimate_usage();
    }

    void close_call(std::int64_t index, CallDraft& draft) {
        auto input = compact_json(draft.arguments.empty() ? "{}" : draft.arguments);
        if (draft.name.empty()) return fail_protocol("a tool call without a name");
        if (input && input->starts_with('{')) {
            if (draft.id.empty()) draft.id = "call_" + std::to_string(index);
            answer_.blocks.emplace_back(ToolUseBlock{std::move(draft.id), std::move(draft.name), JsonText{*std::move(input)}});
        } else if (answer_.stop_reason == StopReason::max_tokens) {
            answer_.warnings.push_back("a tool call was cut off by max_tokens and dropped");
        } else {
            fail_protocol("the arguments of a tool call are not a JSON object");
        }
    }

    void estimate_usage() {
        answer_.usage.estimated = true;
        answer_.usage.input_tokens = estimate_tokens(request_);
        answer_.usage.output_tokens = estimate_tokens(Message{MessageRole::assistant, answer_.blocks});
    }

    EventJson json_;
    std::string text_, thinking_;
    std::map<std::int64_t, CallDraft> calls_;
    bool refused_ = false;
    bool has_usage_ = false;
};

class OpenAiProtocol final : public Protocol {
public:
    explicit OpenAiProtocol(bool compatible) : compatible_(compatible) {}
    WireRequest write(const Request& request, const ModelInfo& model) const override { return write_openai(request, model, compatible_); }
    std::unique_ptr<AnswerReader> reader(const Request& request, const DeltaSink& sink) const override { return read_openai(request, sink); }
    std::string_view request_id_header() const override { return "x-request-id"; }

private:
    bool compatible_;
};

}  // namespace

std::vector<Citation> find_references(std::string_view text, const std::vector<Passage>& passages) {
    std::vector<Citation> out;
    std::size_t sentence_begin = 0;
    std::size_t left = kQuotedFromMax;
    for (auto at = text.find('['); at != text.npos; at = text.find('[', at + 1)) {
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(text.data() + at + 1, text.data() + text.size(), number);
        if (error != std::errc() || end == text.data() + text.size() || *end != ']' || number == 0 || number > passages.size()) continue;
        const auto& passage = passages[number - 1];
        const auto referring = text.substr(sentence_begin, at - sentence_begin);
        if (std::ranges::find(out, passage.id, &Citation::passage_id) == out.end()) {
            out.push_back({passage.id, passage.title, std::string(best_sentence(passage.text, referring, std::max(left, kQuotedFromMin)))});
            left -= std::min(left, passage.text.size());
        }
        sentence_begin = at;
    }
    return out;
}

std::unique_ptr<AnswerReader> read_openai(const Request& request, const DeltaSink& sink) { return std::make_unique<OpenAiReader>(request, sink); }
std::unique_ptr<Protocol> make_openai_protocol(bool compatible) { return std::make_unique<OpenAiProtocol>(compatible); }

}  // namespace agentic::llm

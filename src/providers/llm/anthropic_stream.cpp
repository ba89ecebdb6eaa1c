// The Anthropic Messages protocol: how an answer is read. Unknown events, blocks and deltas are new features and are passed over.
#include <algorithm>
#include <map>

#include "core/encoding.hpp"
#include "providers/llm/anthropic.hpp"
#include "providers/llm/event_json.hpp"

namespace agentic::llm {
namespace {

namespace json = boost::json;

StopReason stop_reason_of(std::string_view text) {
    static constexpr std::pair<std::string_view, StopReason> kReasons[] = {
        {"end_turn", StopReason::end_turn}, {"max_tokens", StopReason::max_tokens}, {"stop_sequence", StopReason::stop_sequence}, {"tool_use", StopReason::tool_use},
        {"pause_turn", StopReason::pause}, {"refusal", StopReason::refusal}, {"model_context_window_exceeded", StopReason::context_window}};
    const auto found = std::ranges::find(kReasons, text, &std::pair<std::string_view, StopReason>::first);
    return found == std::end(kReasons) ? StopReason::other : found->second;
}

/// A block that is still arriving.
struct Draft {
    std::string type, text, id, name, input, signature;
    std::string raw;  // of types other than text, thinking and tool_use: the block as it was announced
};

std::string thinking_json(const Draft& draft) {
    std::string out = R"({"type":"thinking","thinking":)";
    append_json_string(out, draft.text);
    out += R"(,"signature":)";
    append_json_string(out, draft.signature);
    return out += '}';
}

class AnthropicReader final : public AnswerReader {
public:
    using AnswerReader::AnswerReader;

    void on_event(std::string_view data) override {
        if (failure() || complete_) return;
        const auto* event = json_.parse(data);
        if (event == nullptr) return fail_protocol("an event is not a JSON object");
        const auto type = text_of(*event, "type");
        if (type == "content_block_delta") return on_delta(*event);
        if (type == "content_block_start") return on_block_start(*event);
        if (type == "message_start") return on_message_start(*event);
        if (type == "message_delta") return on_message_delta(*event);
        if (type == "message_stop") answered_ = complete_ = true;
        if (type == "error") on_error(*event);
    }

    void on_whole(std::string_view body) override {
        const auto* message = json_.parse(body);
        if (message == nullptr) return fail_protocol("the answer is not a JSON object");
        if (text_of(*message, "type") == "error") return on_error(*message);
        read_message(*message);
        if (const auto* content = array_of(*message, "content")) {
            std::int64_t index = 0;
            for (const auto& block : *content) {
                if (const auto* object = block.if_object()) start_block(index++, *object);
            }
        }
        answered_ = complete_ = !text_of(*message, "stop_reason").empty();
        answer_.stop_reason = stop_reason_of(text_of(*message, "stop_reason"));
    }

private:
    void on_message_start(const json::object& event) {
        if (const auto* message = object_of(event, "message")) read_message(*message);
    }

    void read_message(const json::object& message) {
        answer_.model = text_of(message, "model");
        if (const auto* usage = object_of(message, "usage")) read_usage(*usage);
    }

    // Counts are cumulative: later ones replace earlier ones, fields left out stay.
    void read_usage(const json::object& usage) {
        read_count(usage, "input_tokens", plain_input_);
        read_count(usage, "output_tokens", answer_.usage.output_tokens);
        read_count(usage, "cache_creation_input_tokens", answer_.usage.cache_write_tokens);
        read_count(usage, "cache_read_input_tokens", answer_.usage.cache_read_tokens);
        if (const auto* details = object_of(usage, "output_tokens_details")) read_count(*details, "thinking_tokens", answer_.usage.reasoning_tokens);
        answer_.usage.input_tokens = plain_input_ + answer_.usage.cache_write_tokens + answer_.usage.cache_read_tokens;
        report_usage();
    }

    void on_block_start(const json::object& event) {
        const auto* block = object_of(event, "content_block");
        if (block == nullptr) return;
        std::int64_t index = -1;
        read_count(event, "index", index);
        if (index < 0 || drafts_.contains(index)) return fail_protocol("content_block_start with a wrong index");
        start_block(index, *block);
    }

    void start_block(std::int64_t index, const json::object& block) {
        Draft& draft = drafts_[index];
        draft.type = text_of(block, "type");
        if (draft.type == "text") {
            add_text(draft, text_of(block, "text"));
            if (const auto* citations = array_of(block, "citations")) {
                for (const auto& citation : *citations) add_citation(citation.if_object());
            }
        } else if (draft.type == "thinking") {
            add_thinking(draft, text_of(block, "thinking"));
            draft.signature = text_of(block, "signature");
        } else if (draft.type == "tool_use") {
            draft.id = text_of(block, "id");
            draft.name = text_of(block, "name");
            if (const auto* input = object_of(block, "input"); input != nullptr && !input->empty()) draft.input = json::serialize(*input);
        } else {
            draft.raw = json::serialize(block);
        }
    }

    void on_delta(const json::object& event) {
        const auto* delta = object_of(event, "delta");
        std::int64_t index = -1;
        read_count(event, "index", index);
        const auto found = drafts_.find(index);
        if (delta == nullptr || found == drafts_.end()) return fail_protocol("content_block_delta without its block");
        Draft& draft = found->second;
        const auto type = text_of(*delta, "type");
        if (type == "text_delta") add_text(draft, text_of(*delta, "text"));
        else if (type == "thinking_delta") add_thinking(draft, text_of(*delta, "thinking"));
        else if (type == "signature_delta") draft.signature += text_of(*delta, "signature");
        else if (type == "input_json_delta") draft.input += text_of(*delta, "partial_json");
        else if (type == "citations_delta") add_citation(object_of(*delta, "citation"));
    }

    void add_text(Draft& draft, std::string_view text) {
        if (text.empty()) return;
        draft.text += text;
        deliver(TextDelta{text});
    }

    void add_thinking(Draft& draft, std::string_view text) {
        if (text.empty()) return;
        draft.text += text;
        deliver(ThinkingDelta{text});
    }

    void add_citation(const json::object* citation) {
        if (citation == nullptr) return;
        const auto& passages = request_.passages;
        std::int64_t index = -1;
        read_count(*citation, "document_index", index);
        read_count(*citation, "search_result_index", index);
        auto passage = passages.end();
        if (const auto source = text_of(*citation, "source"); !source.empty()) passage = std::ranges::find(passages, source, &Passage::id);
        if (passage == passages.end() && index >= 0) {  // counted over the passages that were sent
            passage = std::ranges::find_if(passages, [&](const Passage& sent) { return !sent.text.empty() && index-- == 0; });
        }
        if (passage == passages.end()) return;
        Citation found{passage->id, passage->title, std::string(text_of(*citation, "cited_text"))};
        if (std::ranges::find(answer_.citations, found) == answer_.citations.end()) answer_.citations.push_back(std::move(found));
    }

    void on_message_delta(const json::object& event) {
        if (const auto* usage = object_of(event, "usage")) read_usage(*usage);
        const auto* delta = object_of(event, "delta");
        const auto reason = delta == nullptr ? std::string_view() : text_of(*delta, "stop_reason");
        if (reason.empty()) return;
        answered_ = true;
        answer_.stop_reason = stop_reason_of(reason);
        if (answer_.stop_reason == StopReason::other) answer_.warnings.push_back("the provider stopped for a reason this version does not know");
    }

    void on_error(const json::object& event) {
        const auto* error = object_of(event, "error");
        if (error == nullptr) return fail_protocol("an error event without an error");
        fail_with(failure_of_event(request_, text_of(*error, "type"), text_of(*error, "message")));
    }

    void complete() override {
        for (auto& [index, draft] : drafts_) close_block(draft);
    }

    void close_block(Draft& draft) {
        if (draft.type == "text") {
            if (!draft.text.empty()) answer_.blocks.emplace_back(TextBlock{std::move(draft.text)});
        } else if (draft.type == "thinking") {
            JsonText raw{thinking_json(draft)};
            answer_.blocks.emplace_back(ThinkingBlock{std::move(draft.text), std::move(raw)});
        } else if (draft.type == "tool_use") {
            auto input = compact_json(draft.input.empty() ? "{}" : draft.input);
            if (input && input->starts_with('{')) {
                answer_.blocks.emplace_back(ToolUseBlock{std::move(draft.id), std::move(draft.name), JsonText{*std::move(input)}});
            } else if (answer_.stop_reason == StopReason::max_tokens) {
                answer_.warnings.push_back("a tool call was cut off by max_tokens and dropped");
            } else {
                fail_protocol("the input of a tool call is not a JSON object");
            }
        } else {
            answer_.blocks.emplace_back(ThinkingBlock{{}, JsonText{std::move(draft.raw)}});  // such as redacted_thinking: it must go back unmodified
        }
    }

    EventJson json_;
    std::map<std::int64_t, Draft> drafts_;  // by index
    std::int64_t plain_input_ = 0;
};

class AnthropicProtocol final : public Protocol {
public:
    WireRequest write(const Request& request, const ModelInfo& model) const override { return write_anthropic(request, model); }
    std::unique_ptr<AnswerReader> reader(const Request& request, const DeltaSink& sink) const override { return read_anthropic(request, sink); }
    std::string_view request_id_header() const override { return "request-id"; }
};

}  // namespace

std::unique_ptr<AnswerReader> read_anthropic(const Request& request, const DeltaSink& sink) { return std::make_unique<AnthropicReader>(request, sink); }
std::unique_ptr<Protocol> make_anthropic_protocol() { return std::make_unique<AnthropicProtocol>(); }

}  // namespace agentic::llm

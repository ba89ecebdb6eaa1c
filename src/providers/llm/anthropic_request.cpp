// The Anthropic Messages protocol: how a request is written.
#include <algorithm>
#include <format>

#include "core/encoding.hpp"
#include "providers/llm/anthropic.hpp"

namespace agentic::llm {
namespace {

void append_raw(std::string& out, std::string_view name, std::string_view json, std::string_view otherwise) {
    append_json_string(out, name);
    out += ':';
    out += json.starts_with('{') ? json : otherwise;
}

// Writes `,` before every block but the first.
class BlockWriter {
public:
    explicit BlockWriter(std::string& out) : out_(out) {}
    bool empty() const { return count_ == 0; }

    void operator()(const TextBlock& block) {
        if (block.text.empty()) return;  // refused by the API
        next();
        append_field(out_ += R"({"type":"text",)", "text", block.text);
        out_ += '}';
    }
    void operator()(const ThinkingBlock& block) {
        if (!block.raw.text.starts_with('{')) return;  // another provider's
        next();
        out_ += block.raw.text;
    }
    void operator()(const ToolUseBlock& block) {
        next();
        append_field(out_ += R"({"type":"tool_use",)", "id", block.id);
        append_field(out_ += ',', "name", block.name);
        append_raw(out_ += ',', "input", block.input.text, "{}");
        out_ += '}';
    }
    void operator()(const ToolResultBlock& block) {
        next();
        append_field(out_ += R"({"type":"tool_result",)", "tool_use_id", block.tool_use_id);
        append_field(out_ += ',', "content", block.output);
        if (block.is_error) out_ += R"(,"is_error":true)";
        out_ += '}';
    }
    void passage(const Passage& passage, const ModelInfo& model) {
        next();
        if (model.search_results) {
            append_field(out_ += R"({"type":"search_result",)", "source", passage.id);
            append_field(out_ += ',', "title", passage.title.empty() ? passage.id : passage.title);
            append_field(out_ += R"(,"content":[{"type":"text",)", "text", passage.text);
            out_ += R"(}],"citations":{"enabled":true}})";
            return;
        }
        append_field(out_ += R"({"type":"document","source":{"type":"text","media_type":"text/plain",)", "data", passage.text);
        out_ += '}';
        if (!passage.title.empty()) append_field(out_ += ',', "title", passage.title);
        out_ += model.citations ? R"(,"citations":{"enabled":true}})" : "}";
    }

private:
    void next() {
        if (count_++ != 0) out_ += ',';
    }
    std::string& out_;
    std::size_t count_ = 0;
};

void write_messages(std::string& out, const Request& request, const ModelInfo& model) {
    const auto question = question_index(request.messages);
    bool first = true;
    for (std::size_t i = 0; i < request.messages.size(); ++i) {
        const auto& message = request.messages[i];
        const auto rollback = out.size();
        out += first ? "" : ",";
        out += message.role == MessageRole::user ? R"({"role":"user","content":[)" : R"({"role":"assistant","content":[)";
        BlockWriter write(out);
        for (const auto& block : message.blocks) {  // results come before any text
            if (std::holds_alternative<ToolResultBlock>(block)) std::visit(write, block);
        }
        if (i == question) {
            for (const auto& passage : request.passages) {
                if (!passage.text.empty()) write.passage(passage, model);
            }
        }
        for (const auto& block : message.blocks) {
            if (!std::holds_alternative<ToolResultBlock>(block)) std::visit(write, block);
        }
        if (write.empty()) {
            out.resize(rollback);
            continue;
        }
        out += "]}";
        first = false;
    }
}

void write_tools(std::string& out, const std::vector<ToolSpec>& tools) {
    out += R"(,"tools":[)";
    for (std::size_t i = 0; i < tools.size(); ++i) {
        if (i != 0) out += ',';
        append_field(out += '{', "name", tools[i].name);
        if (!tools[i].description.empty()) append_field(out += ',', "description", tools[i].description);
        append_raw(out += ',', "input_schema", tools[i].input_schema.text, R"({"type":"object"})");
        out += '}';
    }
    out += ']';
}

void write_temperature(WireRequest& wire, const Request& request, const ModelInfo& model, std::string_view version) {
    if (!request.temperature) return;
    if (version != "2023-06-01" || !model.temperature) {
        wire.warnings.push_back(std::format("temperature is not supported by {} in version {} of the API and was not sent", request.model, version));
        return;
    }
    const double value = std::clamp(*request.temperature, 0.0, 1.0);
    if (value != *request.temperature) wire.warnings.push_back("temperature was lowered to 1, the provider's maximum");
    wire.body += std::format(R"(,"temperature":{})", value);
}

}  // namespace

std::string anthropic_url(std::string_view base) {
    if (base.empty()) base = "https://api.anthropic.com";
    while (base.ends_with('/')) base.remove_suffix(1);
    return std::string(base) + (base.ends_with("/v1") ? "/messages" : "/v1/messages");
}

WireRequest write_anthropic(const Request& request, const ModelInfo& model) {
    WireRequest wire;
    const std::string version = request.anthropic_version.empty() ? "2026-10-21" : request.anthropic_version;
    wire.url = anthropic_url(request.endpoint.base_url);
    wire.headers = {{"content-type", "application/json"}, {"anthropic-version", version}};
    wire.secret_headers.emplace_back("x-api-key", request.endpoint.api_key);
    const auto wanted = request.max_tokens.value_or(std::min(model.max_output, kAnswerTokensDefault));
    if (wanted > model.max_output) wire.warnings.push_back(std::format("max_tokens was lowered to {}, the maximum of {}", model.max_output, request.model));
    auto& body = wire.body;
    append_field(body += '{', "model", request.model);
    body += std::format(R"(,"max_tokens":{})", std::min(wanted, model.max_output));
    if (!request.system_prompt.empty()) append_field(body += ',', "system", request.system_prompt);
    if (!request.tools.empty()) write_tools(body, request.tools);
    body += R"(,"messages":[)";
    write_messages(body, request, model);
    body += ']';
    write_temperature(wire, request, model, version);
    body += R"(,"stream":true})";
    return wire;
}

}  // namespace agentic::llm

#pragma once
// Requests and readers shared by the protocol tests.
#include <format>
#include <memory>
#include <string>
#include <vector>

#include "providers/llm/protocol.hpp"
#include "providers/llm/sse_parser.hpp"

namespace agentic::llm::test {

inline Message user(std::string text) { return {MessageRole::user, {TextBlock{std::move(text)}}}; }
inline Message assistant(std::string text) { return {MessageRole::assistant, {TextBlock{std::move(text)}}}; }

inline Request request_for(std::string provider, std::string model) {
    Request request;
    request.endpoint = {.provider = std::move(provider), .base_url = "", .api_key = Secret("sk-canary-0123456789")};
    request.model = std::move(model);
    return request;
}

/// With a bit of everything: system prompt, history, a finished tool loop, passages, tools.
inline Request full_request(std::string provider, std::string model) {
    auto request = request_for(std::move(provider), std::move(model));
    request.system_prompt = "Be \"brief\".\n";
    request.messages = {user("Hello"), assistant("Hi."),
                        user("What is the weather in Zürich?"),
                        {MessageRole::assistant,
                         {ThinkingBlock{"Look it up.", {R"({"type":"thinking","thinking":"Look it up.","signature":"c2ln"})"}}, TextBlock{"One moment."},
                          ToolUseBlock{"toolu_1", "weather", {R"({"city":"Zürich"})"}}, ToolUseBlock{"toolu_2", "clock", {"null"}}}},
                        {MessageRole::user, {ToolResultBlock{"toolu_1", "12 °C", false}, ToolResultBlock{"toolu_2", "no clock", true}}}};
    request.passages = {{"p-1", "Climate", "It is <mild>."}, {"p-2", "", "It rains."}};
    request.tools = {{"weather", "The weather of a city", {R"({"type":"object","properties":{"city":{"type":"string"}}})"}}, {"clock", "", {"null"}}};
    request.temperature = 0;
    request.max_tokens = 1024;
    return request;
}

/// What a client hears and gets from a recorded stream, as text.
inline std::string transcript(AnswerReader& reader, std::string_view stream, std::size_t piece, std::string& heard) {
    SseParser parser([&](std::string_view, std::string_view data) { reader.on_event(data); });
    for (std::size_t at = 0; at < stream.size(); at += piece) parser.feed(stream.substr(at, piece));
    parser.finish();
    auto answer = reader.finish();
    if (!answer) return heard + std::format("error {}: {}\n", to_string(answer.error().code), answer.error().public_message);
    std::string out = heard;
    for (const auto& block : answer->blocks) {
        if (const auto* text = std::get_if<TextBlock>(&block)) out += "text block: " + text->text + "\n";
        if (const auto* thinking = std::get_if<ThinkingBlock>(&block)) out += "thinking block: " + thinking->raw.text + "\n";
        if (const auto* use = std::get_if<ToolUseBlock>(&block)) out += std::format("tool call: {} {} {}\n", use->id, use->name, use->input.text);
    }
    for (const auto& citation : answer->citations) out += std::format("citation: {} \"{}\" \"{}\"\n", citation.passage_id, citation.title, citation.quote);
    for (const auto& warning : answer->warnings) out += "warning: " + warning + "\n";
    const auto& usage = answer->usage;
    out += std::format("stop: {}\nmodel: {}\nusage: in {} out {} read {} write {} reasoning {}{}\n", static_cast<int>(answer->stop_reason), answer->model, usage.input_tokens,
                       usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens, usage.estimated ? " estimated" : "");
    return out;
}

inline DeltaSink listen_into(std::string& heard) {
    return [&heard](const Delta& delta) {
        if (const auto* text = std::get_if<TextDelta>(&delta)) heard += std::format("text: {}\n", text->text);
        if (const auto* thinking = std::get_if<ThinkingDelta>(&delta)) heard += std::format("thinking: {}\n", thinking->text);
    };
}

}  // namespace agentic::llm::test

// Server-sent events and both model protocols on top of them: any bytes, cut anywhere.
#include <memory>
#include <utility>
#include <vector>

#include "fuzz/fuzz_target.hpp"
#include "providers/llm/anthropic.hpp"
#include "providers/llm/openai.hpp"
#include "providers/llm/sse_parser.hpp"

namespace agentic::fuzz {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events parse(std::string_view text, std::size_t piece) {
    Events out;
    llm::SseParser parser([&](std::string_view event, std::string_view data) { out.emplace_back(event, data); }, 1 << 16);
    for (std::size_t at = 0; at < text.size() && parser.feed(text.substr(at, piece)); at += piece) {
    }
    parser.finish();
    return out;
}

void read(llm::AnswerReader& reader, const Events& events, const std::size_t& heard) {
    for (const auto& [event, data] : events) reader.on_event(data);
    const bool failed = reader.failure().has_value();
    const auto answer = reader.finish();
    require(!failed || !answer, "a failed stream gives no answer");
    if (!answer) return;
    require(answer->usage.input_tokens >= 0 && answer->usage.output_tokens >= 0, "counts are not negative");
    std::size_t blocks = 0;
    for (const auto& block : answer->blocks) {
        if (const auto* text = std::get_if<llm::TextBlock>(&block)) blocks += text->text.size();
        if (const auto* use = std::get_if<llm::ToolUseBlock>(&block)) require(llm::compact_json(use->input.text) == use->input.text, "tool input is compact JSON");
    }
    require(blocks <= heard, "no text is in the answer that was not streamed");
}

const Target kTarget("sse", [](std::string_view input) {
    if (input.empty()) return;
    const auto piece = static_cast<std::size_t>(static_cast<unsigned char>(input.front())) % 64 + 1;
    const auto text = input.substr(1);
    const auto events = parse(text, text.size() + 1);
    if (text.size() < 1 << 15) require(parse(text, piece) == events, "how the bytes are cut changes nothing");
    llm::Request request;
    request.endpoint.provider = "fuzz";
    request.passages = {{"p-1", "One", "It is one. It is the first."}, {"p-2", "", "Two."}};
    std::size_t heard = 0;
    const llm::DeltaSink sink = [&](const llm::Delta& delta) {
        if (const auto* piece_of = std::get_if<llm::TextDelta>(&delta)) heard += piece_of->text.size();
        if (const auto* piece_of = std::get_if<llm::ThinkingDelta>(&delta)) heard += piece_of->text.size();
    };
    read(*llm::read_anthropic(request, sink), events, heard);
    heard = 0;
    read(*llm::read_openai(request, sink), events, heard);
    llm::read_anthropic(request, sink)->on_whole(text);
    llm::read_openai(request, sink)->on_whole(text);
});

}  // namespace
}  // namespace agentic::fuzz

#include "providers/llm/token_estimate.hpp"

#include <algorithm>

namespace agentic::llm {
namespace {

constexpr std::int64_t kPerMessage = 4;
constexpr std::int64_t kPerBlock = 8;

enum class Kind : std::uint8_t { letter, digit, space, newline, other, wide };

Kind kind_of(unsigned char c) {
    if (c >= 0x80) return Kind::wide;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Kind::letter;
    if (c >= '0' && c <= '9') return Kind::digit;
    if (c == '\n' || c == '\r') return Kind::newline;
    return c == ' ' || c == '\t' ? Kind::space : Kind::other;
}

// Hundredths of a token for a run of bytes of one kind; a single space before a word is part of the word's token.
std::int64_t run_cost(Kind kind, std::string_view run) {
    const auto length = static_cast<std::int64_t>(run.size());
    switch (kind) {
        case Kind::letter: return length <= 6 ? 105 : 105 + (length - 6) * 30;
        case Kind::digit: return (length + 2) / 3 * 100;
        case Kind::space: return length == 1 ? 0 : 100;
        case Kind::newline: return 100;
        case Kind::other: return length == 1 ? 85 : 60 + length * 25;
        case Kind::wide: break;
    }
    std::int64_t cost = 0;
    for (const char c : run) {
        const auto lead = static_cast<unsigned char>(c);
        if (lead >= 0xf0) cost += 260;        // emoji and rare scripts
        else if (lead >= 0xe0) cost += 125;   // CJK and most of Asia
        else if (lead >= 0xc0) cost += 62;    // Cyrillic, Greek, Arabic, accented Latin
    }
    return cost;
}

std::int64_t of_block(const Block& block) {
    struct Visitor {
        std::int64_t operator()(const TextBlock& text) const { return estimate_tokens(text.text); }
        std::int64_t operator()(const ThinkingBlock& thinking) const { return estimate_tokens(thinking.text); }
        std::int64_t operator()(const ToolUseBlock& use) const { return kPerBlock + estimate_tokens(use.name) + estimate_tokens(use.input.text); }
        std::int64_t operator()(const ToolResultBlock& result) const { return kPerBlock + estimate_tokens(result.output); }
    };
    return std::visit(Visitor{}, block);
}

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
    std::int64_t hundredths = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto kind = kind_of(static_cast<unsigned char>(text[begin]));
        auto end = begin + 1;
        while (end < text.size() && kind_of(static_cast<unsigned char>(text[end])) == kind) ++end;
        hundredths += run_cost(kind, text.substr(begin, end - begin));
        begin = end;
    }
    return (hundredths + 99) / 100;
}

std::int64_t estimate_tokens(const Message& message) {
    std::int64_t sum = kPerMessage;
    for (const auto& block : message.blocks) sum += of_block(block);
    return sum;
}

std::int64_t provider_tokens(std::string_view provider, std::int64_t estimate) { return provider == "anthropic" ? estimate * 5 / 4 : estimate; }

std::int64_t estimate_tokens(const Request& request) {
    std::int64_t sum = kPerMessage + estimate_tokens(request.system_prompt);
    for (const auto& message : request.messages) sum += estimate_tokens(message);
    for (const auto& passage : request.passages) sum += kPerBlock * 2 + estimate_tokens(passage.title) + estimate_tokens(passage.text);
    for (const auto& tool : request.tools) sum += kPerBlock * 2 + estimate_tokens(tool.name) + estimate_tokens(tool.description) + estimate_tokens(tool.input_schema.text);
    return provider_tokens(request.endpoint.provider, sum);
}

Usage usage_of_broken_call(const Request& request, const std::optional<Usage>& reported, std::string_view delivered) {
    auto usage = reported.value_or(Usage{});
    if (usage.input_tokens == 0) usage.input_tokens = estimate_tokens(request);
    usage.output_tokens = std::max(usage.output_tokens, provider_tokens(request.endpoint.provider, estimate_tokens(delivered)));
    usage.estimated = true;
    return usage;
}

}  // namespace agentic::llm

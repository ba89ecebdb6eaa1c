#include "embeddings/estimated_tokens.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace agentic::embeddings {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Calls add(span) for each token.
void each_token(std::string_view text, auto add) {
    const auto run = [text](std::size_t at, std::size_t most, auto belongs) {
        const auto end = std::min(text.size(), at + most);
        while (at < end && belongs(text[at])) ++at;
        return at;
    };
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        const auto character = decode_utf8(text.substr(at));
        auto end = at + std::max<std::size_t>(1, character.size);
        if (is_letter(c)) end = run(at, 4, is_letter);
        else if (is_digit(c)) end = run(at, 2, is_digit);
        if (!is_space(c) || c == '\n') add(TokenSpan{at, end});
        for (std::size_t more = 2; more < character.size; ++more) add(TokenSpan{at, end});
        at = end;
    }
}

}  // namespace

std::vector<TokenSpan> EstimatedTokens::tokens(std::string_view text) const {
    std::vector<TokenSpan> out;
    each_token(text, [&](TokenSpan span) { out.push_back(span); });
    return out;
}

std::size_t EstimatedTokens::count(std::string_view text) const {
    std::size_t out = 0;
    each_token(text, [&](TokenSpan) { ++out; });
    return out;
}

}  // namespace agentic::embeddings

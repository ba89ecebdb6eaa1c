#include "services/knowledge/approximate_tokens.hpp"

namespace agentic::services {
namespace {

constexpr std::size_t kBytesPerToken = 4;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }
bool is_word_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

class ApproximateTokens final : public embeddings::TokenCounter {
public:
    std::vector<embeddings::TokenSpan> tokens(std::string_view text) const override {
        std::vector<embeddings::TokenSpan> spans;
        each(text, [&](std::size_t begin, std::size_t end) { spans.push_back({begin, end}); });
        return spans;
    }
    std::size_t count(std::string_view text) const override {
        std::size_t n = 0;
        each(text, [&](std::size_t, std::size_t) { ++n; });
        return n;
    }

private:
    template <class Visit>
    static void each(std::string_view text, Visit visit) {
        for (std::size_t i = 0; i < text.size();) {
            const auto begin = i++;
            if (is_space(text[begin])) continue;
            if (is_word_byte(text[begin])) {
                while (i < text.size() && i < begin + kBytesPerToken && is_word_byte(text[i])) ++i;
            } else {
                while (i < text.size() && is_continuation(text[i])) ++i;
            }
            visit(begin, i);
        }
    }
};

}  // namespace

const embeddings::TokenCounter& approximate_tokens() {
    static const ApproximateTokens counter;
    return counter;
}

}  // namespace agentic::services

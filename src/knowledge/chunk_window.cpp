#include "knowledge/chunk_window.hpp"

#include <algorithm>

#include "core/sentences.hpp"
#include "core/utf8.hpp"
#include "knowledge/unicode.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::size_t kBytesPerToken = 6;      // first guess; English has 4 to 5
constexpr std::size_t kBytesPerTokenMax = 32;  // a chunk is bounded in bytes too: WordPiece makes one token of a word of any length
constexpr std::size_t kWordBytes = 256;

// The end of the word that goes on at `at`, or a code point boundary when the word is very long.
std::size_t word_end(std::string_view text, std::size_t at) {
    if (at >= text.size()) return text.size();
    const auto stop = std::min(text.size(), at + kWordBytes);
    for (auto end = at; end < stop; ++end) {
        if (is_blank(text[end])) return end;
    }
    if (stop == text.size()) return stop;
    while (!is_code_point_start(text, at)) --at;
    return at;
}

std::size_t next_start(std::string_view text, std::size_t at) {
    next_code_point(text, at);
    return at;
}

}  // namespace

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_word_boundary(std::string_view text, std::size_t at) {
    if (at == 0 || at >= text.size()) return true;
    if (!is_code_point_start(text, at)) return false;
    auto before = at - 1;
    while (before > 0 && !is_code_point_start(text, before)) --before;
    const auto left = next_code_point(text, before);
    auto behind = at;
    const auto right = next_code_point(text, behind);
    if (is_white_space(left) || is_white_space(right)) return true;
    return is_unspaced_letter(left) || (is_unspaced_letter(right) && is_word_character(left));
}

std::size_t end_of_tokens(const std::vector<embeddings::TokenSpan>& spans, std::size_t tokens_max) {
    auto count = std::min(tokens_max, spans.size());
    while (count > 0 && count < spans.size() && spans[count].begin < spans[count - 1].end) --count;
    return count == 0 ? 0 : spans[count - 1].end;
}

ChunkWindow::ChunkWindow(std::string_view text, const embeddings::TokenCounter& tokens, std::size_t begin, std::size_t tokens_max) : text_(text), begin_(begin) {
    const auto bytes_max = tokens_max * kBytesPerTokenMax;
    auto bytes = tokens_max * kBytesPerToken;
    std::size_t end = begin;
    do {
        end = std::min(word_end(text, begin + std::min(bytes, bytes_max)), text.size());
        spans_ = tokens.tokens(text.substr(begin, end - begin));
        bytes *= 2;
    } while (spans_.size() <= tokens_max && end < text.size() && bytes < 2 * bytes_max);
    limit_ = spans_.size() <= tokens_max ? end : begin + end_of_tokens(spans_, tokens_max);
    if (limit_ - begin > bytes_max) {
        limit_ = begin + bytes_max;
        while (!is_code_point_start(text, limit_)) --limit_;
    }
    if (limit_ <= begin) limit_ = next_start(text, begin);
}

std::size_t ChunkWindow::after(std::size_t count) const {
    if (count == 0 || spans_.empty()) return begin_;
    return std::min(limit_, begin_ + spans_[std::min(count, spans_.size()) - 1].end);
}

std::size_t ChunkWindow::back_from(std::size_t end, std::size_t count) const {
    const auto behind = std::ranges::upper_bound(spans_, end - begin_, {}, &embeddings::TokenSpan::end) - spans_.begin();
    auto first = static_cast<std::size_t>(behind) - std::min(count, static_cast<std::size_t>(behind));
    while (first < static_cast<std::size_t>(behind) && first > 0 && spans_[first].begin < spans_[first - 1].end) ++first;
    return first < static_cast<std::size_t>(behind) ? begin_ + spans_[first].begin : end;
}

std::vector<std::size_t> ChunkWindow::sentence_ends(std::size_t floor) const {
    constexpr std::size_t kLookahead = 64;  // whether a mark ends a sentence depends on what follows
    std::vector<std::size_t> out;
    for (const auto end : agentic::sentence_ends(text_.substr(begin_, limit_ - begin_ + kLookahead))) {
        if (begin_ + end > floor && begin_ + end <= limit_) out.push_back(begin_ + end);
    }
    return out;
}

std::size_t ChunkWindow::last_word_end(std::size_t floor) const {
    for (auto at = limit_; at > floor; --at) {
        if (is_word_boundary(text_, at)) return at;
    }
    return limit_;
}

}  // namespace agentic::knowledge

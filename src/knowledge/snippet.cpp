#include "knowledge/snippet.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "core/sentences.hpp"
#include "core/utf8.hpp"
#include "knowledge/chunk_window.hpp"
#include "knowledge/words.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr std::size_t kFoundMax = 256;  // enough to choose a stretch by

struct Found {
    Highlight at;
    std::size_t phrase = 0;
};

std::vector<Found> find_phrases(std::string_view text, std::string_view query) {
    const auto phrases = query_phrases(query);
    const auto words = words_of(text);
    std::vector<Found> out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (std::size_t p = 0; p < phrases.size(); ++p) {
            const auto& phrase = phrases[p];
            if (words[i].form != phrase[0]) continue;
            if (phrase.size() == 2 && (i + 1 == words.size() || words[i + 1].form != phrase[1])) continue;
            out.push_back({{words[i].begin, words[i + phrase.size() - 1].end}, p});
            break;
        }
    }
    return out;
}

// Overlapping and touching ones become one.
std::vector<Highlight> merged(const std::vector<Found>& found) {
    std::vector<Highlight> out;
    for (const auto& [at, phrase] : found) {
        if (!out.empty() && at.begin <= out.back().end) out.back().end = std::max(out.back().end, at.end);
        else out.push_back(at);
    }
    return out;
}

// The index of the first find of the stretch of `bytes` that shows most different phrases, then most finds.
std::size_t best_start(const std::vector<Found>& found, std::size_t bytes) {
    std::size_t best = 0;
    std::pair<std::size_t, std::size_t> best_score;
    for (std::size_t i = 0; i < std::min(found.size(), kFoundMax); ++i) {
        std::uint64_t seen = 0;
        std::size_t count = 0;
        for (auto j = i; j < found.size() && found[j].at.end <= found[i].at.begin + bytes; ++j, ++count) seen |= std::uint64_t{1} << (found[j].phrase % 64);
        const std::pair score(static_cast<std::size_t>(std::popcount(seen)), count);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

// Where a stretch that shows `find` begins: with its sentence when that is near, else with a word.
std::size_t start_before(std::string_view text, std::size_t find, std::size_t reach) {
    std::size_t sentence = 0;
    for (const auto end : sentence_ends(text.substr(0, find))) {
        if (end < find) sentence = end;
    }
    auto start = find - sentence <= reach ? sentence : find - reach / 2;
    while (start < find && !is_word_boundary(text, start)) ++start;
    while (start < find && is_blank(text[start])) ++start;
    return start;
}

}  // namespace

std::vector<Highlight> highlights(std::string_view text, std::string_view query) { return merged(find_phrases(text, query)); }

Snippet make_snippet(std::string_view text, std::string_view query, std::size_t bytes_max) {
    const auto found = find_phrases(text, query);
    if (text.size() <= bytes_max) return {std::string(text), merged(found)};
    const auto room = bytes_max - std::min(bytes_max, 2 * kEllipsis.size());
    const auto begin = found.empty() ? 0 : start_before(text, found[best_start(found, room * 2 / 3)].at.begin, room / 3);
    auto end = std::min(text.size(), begin + room);
    const auto hard_end = end;
    while (end > begin && !is_word_boundary(text, end)) --end;
    if (end == begin) {  // one word that does not fit
        end = hard_end;
        while (end > begin && !is_code_point_start(text, end)) --end;
    }
    while (end > begin && is_blank(text[end - 1])) --end;
    Snippet out;
    if (begin > 0) out.text += kEllipsis;
    const auto shift = out.text.size();
    out.text += text.substr(begin, end - begin);
    if (end < text.size()) out.text += kEllipsis;
    for (auto at : merged(found)) {
        if (at.begin >= begin && at.end <= end) out.highlights.push_back({at.begin - begin + shift, at.end - begin + shift});
    }
    return out;
}

}  // namespace agentic::knowledge

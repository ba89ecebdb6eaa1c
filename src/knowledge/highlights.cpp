#include "knowledge/highlights.hpp"

#include <algorithm>

#include "knowledge/words.hpp"

namespace agentic::knowledge {

std::vector<Highlight> highlights(std::string_view text, std::string_view query) {
    const auto phrases = query_phrases(query);
    const auto words = words_of(text);
    std::vector<Highlight> out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (const auto& phrase : phrases) {
            if (words[i].form != phrase[0]) continue;
            if (phrase.size() == 2 && (i + 1 == words.size() || words[i + 1].form != phrase[1])) continue;
            const Highlight at{words[i].begin, words[i + phrase.size() - 1].end};
            // Overlapping and touching ones become one.
            if (!out.empty() && at.begin <= out.back().end) out.back().end = std::max(out.back().end, at.end);
            else out.push_back(at);
            break;
        }
    }
    return out;
}

}  // namespace agentic::knowledge

#include "core/english.hpp"

#include <algorithm>

namespace agentic {
namespace {

constexpr std::string_view kStopWords[] = {
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before", "being", "but", "by", "can", "could", "did", "do",
    "does", "doing", "down", "each", "explain", "few", "for", "from", "further", "give", "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if",
    "in", "into", "is", "it", "its", "just", "me", "might", "more", "most", "must", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "only", "or", "other", "our", "out",
    "over", "own", "please", "same", "shall", "she", "should", "so", "some", "such", "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "through", "to", "too", "under", "until", "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "with",
    "would", "you", "your", "yours"};
static_assert(std::ranges::is_sorted(kStopWords));

}  // namespace

bool is_stop_word(std::string_view word) { return std::ranges::binary_search(kStopWords, word); }

std::string english_stem(std::string word) {
    const auto ends = [&](std::string_view suffix) { return word.size() > suffix.size() + 2 && word.ends_with(suffix); };
    if (ends("'s")) word.resize(word.size() - 2);
    if (ends("ies")) return word.replace(word.size() - 3, 3, "y");
    if (ends("sses") || ends("shes") || ends("ches") || ends("xes")) word.resize(word.size() - 2);
    else if (ends("s") && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is")) word.resize(word.size() - 1);
    if (ends("ing") && word.size() > 6) word.resize(word.size() - 3);
    else if (ends("ed") && word.size() > 4) word.resize(word.size() - 2);
    if (word.size() > 4 && word.ends_with('e')) word.resize(word.size() - 1);
    return word;
}

}  // namespace agentic

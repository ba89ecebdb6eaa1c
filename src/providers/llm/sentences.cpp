#include "providers/llm/sentences.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/english.hpp"
#include "core/sentences.hpp"

namespace agentic::llm {
namespace {

bool is_word_byte(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::vector<std::string> content_words(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_word_byte(text[at])) {
            ++at;
            continue;
        }
        auto end = at;
        while (end < text.size() && (is_word_byte(text[end]) || (text[end] == '\'' && end + 1 < text.size() && is_word_byte(text[end + 1])))) ++end;
        std::string word(text.substr(at, end - at));
        at = end;
        std::ranges::transform(word, word.begin(), lower);
        if (!is_stop_word(word)) out.push_back(english_stem(std::move(word)));
    }
    return out;
}

SentenceRanking::SentenceRanking(const std::vector<std::string_view>& sentences) {
    std::size_t total = 0;
    for (const auto sentence : sentences) {
        auto& counts = counts_.emplace_back();
        const auto words = content_words(sentence);
        for (const auto& word : words) ++counts[word];
        for (const auto& [word, count] : counts) ++sentences_with_[word];
        lengths_.push_back(words.size());
        total += words.size();
    }
    if (total > 0) average_length_ = static_cast<double>(total) / static_cast<double>(sentences.size());
}

double SentenceRanking::rarity(const std::string& word) const {
    const auto found = sentences_with_.find(word);
    const double with = found == sentences_with_.end() ? 0 : static_cast<double>(found->second);
    const double all = static_cast<double>(counts_.size()) + 10;  // as if among ten more: else one missing word outweighs everything in a short text
    return std::log(1 + (all - with + 0.5) / (with + 0.5));
}

std::vector<SentenceRanking::Score> SentenceRanking::score(const std::map<std::string, double>& weights) const {
    constexpr double kSaturation = 1.2, kLengthShare = 0.4;  // sentences differ in length less meaningfully than documents do
    std::vector<Score> out(counts_.size());
    double all = 0;
    for (const auto& [word, weight] : weights) all += weight * rarity(word);
    for (const auto& [word, weight] : weights) {
        const double worth = weight * rarity(word);
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            const auto found = counts_[i].find(word);
            if (found == counts_[i].end()) continue;
            const double norm = kSaturation * (1 - kLengthShare + kLengthShare * static_cast<double>(lengths_[i]) / average_length_);
            out[i].value += worth * found->second * (kSaturation + 1) / (found->second + norm);
            out[i].coverage += worth / all;
        }
    }
    return out;
}

std::string_view best_sentence(std::string_view text, std::string_view question) {
    const auto sentences = split_sentences(text);
    if (sentences.empty()) return {};
    std::map<std::string, double> weights;
    for (auto& word : content_words(question)) weights[std::move(word)] = 1;
    const auto scores = SentenceRanking(sentences).score(weights);
    const auto best = std::ranges::max_element(scores, {}, &SentenceRanking::Score::value);
    return sentences[static_cast<std::size_t>(best - scores.begin())];
}

}  // namespace agentic::llm

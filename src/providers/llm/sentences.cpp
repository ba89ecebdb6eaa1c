#include "providers/llm/sentences.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/english.hpp"
#include "core/sentences.hpp"
#include "core/utf8.hpp"

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

void add_question_words(WordWeights& weights, std::string_view text, double weight) {
    for (auto& word : content_words(text)) {
        if (weights.size() == kQuestionWordsMax) return;
        weights.try_emplace(std::move(word), weight);
    }
}

SentenceRanking::SentenceRanking(const std::vector<std::string_view>& sentences) {
    std::size_t total = 0;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
        auto words = content_words(sentences[i]);
        lengths_.push_back(words.size());
        total += words.size();
        for (auto& word : words) {
            auto& postings = words_[std::move(word)];
            if (postings.empty() || postings.back().sentence != i) postings.push_back({i, 0});
            ++postings.back().count;
        }
    }
    if (total > 0) average_length_ = static_cast<double>(total) / static_cast<double>(sentences.size());
}

double SentenceRanking::rarity(const Postings& postings) const {
    const auto with = static_cast<double>(postings.size());
    const double all = static_cast<double>(lengths_.size()) + 10;  // as if among ten more: else one missing word outweighs everything in a short text
    return std::log(1 + (all - with + 0.5) / (with + 0.5));
}

std::vector<SentenceRanking::Score> SentenceRanking::score(const WordWeights& weights) const {
    constexpr double kSaturation = 1.2, kLengthShare = 0.4;  // sentences differ in length less meaningfully than documents do
    static const Postings kNowhere;
    const auto postings_of = [&](const std::string& word) -> const Postings& {
        const auto found = words_.find(word);
        return found == words_.end() ? kNowhere : found->second;
    };
    std::vector<Score> out(lengths_.size());
    double all = 0;
    for (const auto& [word, weight] : weights) all += weight * rarity(postings_of(word));
    for (const auto& [word, weight] : weights) {
        const auto& postings = postings_of(word);
        const double worth = weight * rarity(postings);
        for (const auto& [sentence, count] : postings) {
            const double norm = kSaturation * (1 - kLengthShare + kLengthShare * static_cast<double>(lengths_[sentence]) / average_length_);
            out[sentence].value += worth * count * (kSaturation + 1) / (count + norm);
            out[sentence].coverage += worth / all;
        }
    }
    return out;
}

std::string_view best_sentence(std::string_view text, std::string_view question, std::size_t bytes_max) {
    const bool is_cut = text.size() > bytes_max;
    auto sentences = split_sentences(cut_at_code_point(text, bytes_max));
    if (is_cut && sentences.size() > 1) sentences.pop_back();  // a part of one
    if (sentences.empty()) return {};
    WordWeights weights;
    add_question_words(weights, question, 1);
    const auto scores = SentenceRanking(sentences).score(weights);
    const auto best = std::ranges::max_element(scores, {}, &SentenceRanking::Score::value);
    return sentences[static_cast<std::size_t>(best - scores.begin())];
}

}  // namespace agentic::llm

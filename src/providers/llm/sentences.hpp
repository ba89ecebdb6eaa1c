#pragma once
// Words and their relevance: what the extractive model is made of. Deterministic; no locale, no vocabulary.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::llm {

/// Words in lower case without their commonest English endings; stop words and punctuation left out.
std::vector<std::string> content_words(std::string_view text);

/// BM25 over a fixed set of sentences.
class SentenceRanking {
public:
    /// Refers to nothing afterwards.
    explicit SentenceRanking(const std::vector<std::string_view>& sentences);

    struct Score {
        double value = 0;     // 0: no word in common
        double coverage = 0;  // of the question's words, weighted by rarity: 0..1
    };
    /// One score per sentence, in order. `weights` of the question's words; missing words do not count.
    std::vector<Score> score(const std::map<std::string, double>& weights) const;

private:
    double rarity(const std::string& word) const;

    std::vector<std::map<std::string, int>> counts_;
    std::vector<std::size_t> lengths_;
    std::map<std::string, std::size_t> sentences_with_;
    double average_length_ = 1;
};

/// The sentence of `text` that fits `question` best; the first one when none has a word in common with it.
std::string_view best_sentence(std::string_view text, std::string_view question);

}  // namespace agentic::llm

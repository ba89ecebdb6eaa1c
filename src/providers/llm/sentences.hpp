#pragma once
// Words and their relevance: what the extractive model is made of. Deterministic; no locale, no vocabulary.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace agentic::llm {

/// Words in lower case without their commonest English endings; stop words and punctuation left out.
std::vector<std::string> content_words(std::string_view text);

/// The words of a question and what each of them weighs. All of this runs on I/O threads, so a question has a bounded number of words.
constexpr std::size_t kQuestionWordsMax = 1'000;
using WordWeights = std::map<std::string, double>;
/// Adds the words of `text`, in its order, until there are kQuestionWordsMax; a word that is there keeps its weight.
void add_question_words(WordWeights& weights, std::string_view text, double weight);

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
    std::vector<Score> score(const WordWeights& weights) const;

private:
    struct Posting {
        std::size_t sentence;
        int count;
    };
    using Postings = std::vector<Posting>;  // of one word, by sentence

    double rarity(const Postings& postings) const;

    std::unordered_map<std::string, Postings> words_;
    std::vector<std::size_t> lengths_;
    double average_length_ = 1;
};

/// The sentence among the first `bytes_max` of `text` that fits `question` best; the first one when none has a word in common with it.
std::string_view best_sentence(std::string_view text, std::string_view question, std::size_t bytes_max);

}  // namespace agentic::llm

#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "embeddings/embedder.hpp"
#include "embeddings/vocabulary.hpp"

namespace agentic::embeddings {

using TokenId = std::int32_t;

/// What a model's files say about its tokenizer.
struct WordPieceFiles {
    std::vector<std::string> pieces;           // by id
    std::vector<std::pair<std::string, TokenId>> literals;  // taken whole wherever they stand in a text: "[SEP]"
    TokenId unknown = 0, first = 0, last = 0;  // [UNK], [CLS], [SEP]
    bool lower_case = true;                    // and remove accents
    std::size_t max_word_characters = 100;
};

/// The tokenizer of BERT and MPNet: normalise, split on spaces and punctuation, longest match first. Ids equal those of the reference implementation
/// (`tokenizers`, `transformers`) for every text. Bytes that are no UTF-8 are dropped, as U+FFFD is.
class WordPiece final : public TokenCounter {
public:
    explicit WordPiece(const WordPieceFiles& files);

    std::vector<TokenSpan> tokens(std::string_view text) const override;
    std::size_t count(std::string_view text) const override;

    /// Without special tokens at the ends. At most `limit` tokens: the text behind them is not read.
    std::vector<TokenId> encode(std::string_view text, std::size_t limit = SIZE_MAX) const;

    TokenId first() const { return first_; }
    TokenId last() const { return last_; }
    std::size_t vocabulary_size() const { return vocabulary_.size(); }

private:
    class Run;
    struct Sink;
    void run(std::string_view text, Sink& sink) const;

    Vocabulary vocabulary_;
    std::vector<std::pair<std::string, TokenId>> literals_;
    TokenId unknown_, first_, last_;
    bool lower_case_;
    std::size_t max_word_characters_;
};

}  // namespace agentic::embeddings

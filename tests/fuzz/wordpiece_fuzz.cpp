// The tokenizer: any bytes give tokens whose spans lie in the text, in order; counting and encoding agree.
#include <algorithm>

#include "embeddings/wordpiece.hpp"
#include "fuzz/fuzz_target.hpp"

namespace agentic::fuzz {
namespace {

const embeddings::WordPiece& tokenizer() {
    static const embeddings::WordPiece out({.pieces = {"[UNK]", "[CLS]", "[SEP]", "a", "b", "##a", "##b", "ab", "##ab", "世", "e", "##e", ",", "\u302E", "##\u302E"},
                                            .literals = {{"[SEP]", 2}, {"[CLS]", 1}},
                                            .unknown = 0,
                                            .first = 1,
                                            .last = 2});
    return out;
}

const Target kTarget("wordpiece", [](std::string_view input) {
    const auto ids = tokenizer().encode(input);
    const auto spans = tokenizer().tokens(input);
    require(ids.size() == spans.size() && ids.size() == tokenizer().count(input), "ids, spans and count agree");
    require(ids.size() <= input.size(), "a token takes at least one byte");
    for (const auto id : ids) require(id >= 0 && static_cast<std::size_t>(id) < tokenizer().vocabulary_size(), "ids are in the vocabulary");
    for (const auto [begin, end] : spans) require(begin < end && end <= input.size(), "spans lie in the text");
    require(tokenizer().encode(input, 3).size() == std::min<std::size_t>(3, ids.size()), "a limit holds");
});

}  // namespace
}  // namespace agentic::fuzz

// OpenAI's tokenizer: any bytes give tokens that cover the text in order, in bounded time; counting and encoding agree.
#include <algorithm>

#include "core/encoding.hpp"
#include "embeddings/byte_pairs.hpp"
#include "embeddings/text_pieces.hpp"
#include "fuzz/fuzz_target.hpp"

namespace agentic::fuzz {
namespace {

const embeddings::BytePairs& tokenizer() {
    static const embeddings::BytePairs out([] {
        std::vector<embeddings::RankedPiece> ranks;
        for (int value = 0; value < 256; ++value) ranks.push_back({std::string(1, static_cast<char>(value)), 255 - value});
        for (const auto* piece : {"ab", "bc", "abc", "aa", "aaaa", "aaaaaaaa", " a", "\xe4\xb8", "  ", "12", "\n\n", "'s", "\xef\xbf", "\xef\xbf\xbd"}) ranks.push_back({piece, static_cast<std::int32_t>(ranks.size())});
        return ranks;
    }());
    return out;
}

const Target kTarget("byte_pairs", [](std::string_view input) {
    const auto ids = tokenizer().encode(input);
    const auto spans = tokenizer().tokens(input);
    require(ids.size() == spans.size() && ids.size() == tokenizer().count(input), "ids, spans and count agree");
    std::size_t covered = 0, begun = 0;
    for (const auto [begin, end] : spans) {
        require(begin < end && end <= input.size(), "spans lie in the text");
        require(begin >= begun && begin <= covered && end >= covered, "spans are in order and leave nothing out");
        begun = begin;
        covered = end;
    }
    require(covered == input.size(), "spans cover the text");
    if (!is_valid_utf8(input)) return;
    require(ids.size() <= input.size(), "a token takes at least one byte");
    std::size_t joined = 0;
    for (std::size_t at = 0; at < input.size();) {
        const auto end = embeddings::piece_end(input, at);
        require(end > at && end <= input.size() && is_valid_utf8(input.substr(at, end - at)), "pieces are whole characters");
        joined += tokenizer().count(input.substr(at, end - at)) > 0;
        at = end;
    }
    require(joined <= ids.size(), "each piece has a token");
});

}  // namespace
}  // namespace agentic::fuzz

// The file of ranks: refused, or as the tokenizer needs it.
#include <set>

#include "embeddings/byte_pairs.hpp"
#include "fuzz/fuzz_target.hpp"

namespace agentic::fuzz {
namespace {

// Every single byte, as a file has to have: the input is what stands behind them.
const std::string& single_bytes();

const Target kTarget("rank_file", [](std::string_view input) {
    embeddings::parse_ranks(input);
    const auto ranks = embeddings::parse_ranks(single_bytes() + std::string(input));
    if (!ranks) return;
    require(ranks->size() >= 256, "every byte is there");
    std::set<std::int32_t> seen;
    for (const auto& [bytes, rank] : *ranks) require(!bytes.empty() && rank >= 0 && seen.insert(rank).second, "ranks are not negative and not repeated");
    const embeddings::BytePairs tokenizer(*ranks);
    for (const auto& [bytes, rank] : *ranks) require(tokenizer.count(bytes) >= 1, "every piece can be counted");
});

const std::string& single_bytes() {
    static const std::string out = [] {
        constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        std::string file;
        for (unsigned value = 0; value < 256; ++value) file += std::string{kDigits[value >> 2], kDigits[(value & 3) << 4], '=', '='} + " " + std::to_string(value) + "\n";
        return file;
    }();
    return out;
}

}  // namespace
}  // namespace agentic::fuzz

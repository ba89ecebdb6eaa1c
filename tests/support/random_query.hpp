#pragma once
#include <random>
#include <string>

#include "core/utf8.hpp"

namespace agentic::test {

/// What a hostile user might write into a search box: the syntax of both full-text engines, odd scripts, malformed bytes.
inline std::string random_query(std::mt19937_64& random) {
    static const std::string kPieces[] = {"\"", "'", "(", ")", "*", "^", ":", "-", "+", "{", "}", "NEAR", "AND", "OR", "NOT", "col", "content", "\\", "\xC3", "\xFF", std::string(1, '\0'), " ",
                                          "  ", "\n", "price", "Zürich", "检索", "👍", "\u200B", "\u0301", "'s", "''", "<->", "&", "|", "!", "ไทย", "हिन्दी", ";", "--", "%", "$1", "?1"};
    std::string out;
    for (auto n = random() % 12; n > 0; --n) {
        if (random() % 8 == 0) append_code_point(out, static_cast<char32_t>(random() % 0xD800));
        else out += kPieces[random() % std::size(kPieces)];
    }
    return out;
}

}  // namespace agentic::test

#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace agentic::embeddings {

struct TokenRange {
    std::size_t begin = 0, end = 0;
    bool operator==(const TokenRange&) const = default;
};

/// Covers `tokens` tokens with as few windows of at most `capacity` as overlap by at least `overlap` (< capacity), of even lengths. No tokens: one empty window.
inline std::vector<TokenRange> windows_of(std::size_t tokens, std::size_t capacity, std::size_t overlap) {
    if (tokens <= capacity) return {{0, tokens}};
    const auto step = capacity - overlap;
    const auto count = (tokens - overlap + step - 1) / step;
    std::vector<TokenRange> out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto begin = (tokens - overlap) * i / count;
        const auto end = std::min(tokens, (tokens - overlap) * (i + 1) / count + overlap);
        out.push_back({begin, end});
    }
    return out;
}

}  // namespace agentic::embeddings

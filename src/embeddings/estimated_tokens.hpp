#pragma once
#include "embeddings/embedder.hpp"

namespace agentic::embeddings {

/// Counts for models whose vocabulary is not known or not installed (byte_pairs.hpp has OpenAI's). On the safe side: a word of ASCII letters counts one token for each four letters, a
/// number one for each two digits, every other ASCII character one, and a character beyond ASCII one fewer than its bytes in UTF-8. Spaces belong to
/// what follows them. English text comes out about a third above cl100k_base.
class EstimatedTokens final : public TokenCounter {
public:
    std::vector<TokenSpan> tokens(std::string_view text) const override;
    std::size_t count(std::string_view text) const override;
};

}  // namespace agentic::embeddings

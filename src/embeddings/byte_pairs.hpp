#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "embeddings/embedder.hpp"

namespace agentic::embeddings {

/// A piece of bytes that is a token, and its rank: its id, and the order in which pairs are joined.
struct RankedPiece {
    std::string bytes;
    std::int32_t rank = 0;
};

/// The tokenizer of OpenAI's embedding models: cuts a text by the pattern of cl100k_base (text_pieces.hpp) and joins bytes to tokens, the pair of lowest rank
/// first. Ids equal those of the reference implementation (`tiktoken`, ordinary text) for every valid UTF-8; each byte that is none counts as one U+FFFD.
class BytePairs final : public TokenCounter {
public:
    /// `pieces` holds every single byte; ranks are not negative, and no two are the same.
    explicit BytePairs(const std::vector<RankedPiece>& pieces);

    std::vector<TokenSpan> tokens(std::string_view text) const override;
    std::size_t count(std::string_view text) const override;
    std::vector<std::int32_t> encode(std::string_view text) const;

private:
    class Joiner;
    struct Slot {
        std::uint32_t offset = 0;
        std::uint32_t size = 0;  // 0: free
        std::int32_t rank = 0;
    };

    std::int32_t rank_of(std::string_view bytes) const;  // kNoRank when it is no token
    void each_token(std::string_view valid, auto add) const;

    std::string bytes_;         // of all pieces
    std::vector<Slot> slots_;   // open addressing, at most half full
    std::size_t longest_ = 0;
};

/// The lines of a rank file: base64, a space, the rank. Fails with `bad_request` and the line.
Result<std::vector<RankedPiece>> parse_ranks(std::string_view file);
Result<std::vector<RankedPiece>> read_ranks(const std::filesystem::path& path);

}  // namespace agentic::embeddings

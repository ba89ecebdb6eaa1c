#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::embeddings {

/// The pieces of a WordPiece vocabulary in two tries: pieces that start a word, and pieces that go on ("##...").
class Vocabulary {
public:
    /// `pieces[id]` is the text of a token.
    explicit Vocabulary(const std::vector<std::string>& pieces, std::string_view continuing_prefix = "##");

    struct Match {
        std::int32_t id = -1;
        std::size_t size = 0;  // in bytes; 0: nothing matches
    };
    /// The longest piece that `text` starts with.
    Match longest(std::string_view text, bool continues) const;

    std::size_t size() const { return size_; }

private:
    struct Slot {
        std::uint32_t key = 0;   // node << 8 | byte; 0: free (node 0 has no edges)
        std::uint32_t node = 0;
    };

    void insert(std::uint32_t root, std::string_view text, std::int32_t id);
    Slot& slot(std::uint32_t key);
    std::uint32_t child(std::uint32_t node, unsigned char byte) const;
    std::uint32_t child_or_new(std::uint32_t node, unsigned char byte);

    std::size_t size_;
    std::vector<Slot> edges_;           // open addressing, at most half full
    std::vector<std::int32_t> ids_;     // of the piece that ends at a node; -1: none
};

}  // namespace agentic::embeddings

#include "embeddings/vocabulary.hpp"

#include <bit>

namespace agentic::embeddings {
namespace {

constexpr std::uint32_t kStarts = 1, kContinues = 2;

std::size_t hash_of(std::uint32_t key) { return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 32); }

}  // namespace

Vocabulary::Vocabulary(const std::vector<std::string>& pieces, std::string_view continuing_prefix) : size_(pieces.size()) {
    std::size_t bytes = 2;
    for (const auto& piece : pieces) bytes += piece.size();
    edges_.resize(std::bit_ceil(bytes * 2));
    ids_.assign(3, -1);
    for (std::size_t id = 0; id < pieces.size(); ++id) {
        const std::string_view piece = pieces[id];
        insert(kStarts, piece, static_cast<std::int32_t>(id));
        if (piece.starts_with(continuing_prefix)) insert(kContinues, piece.substr(continuing_prefix.size()), static_cast<std::int32_t>(id));
    }
    std::vector<Slot> packed(std::bit_ceil(ids_.size() * 2));
    packed.swap(edges_);
    for (const auto& edge : packed) {
        if (edge.key != 0) slot(edge.key) = edge;
    }
}

Vocabulary::Match Vocabulary::longest(std::string_view text, bool continues) const {
    Match best;
    auto node = continues ? kContinues : kStarts;
    for (std::size_t i = 0; i < text.size(); ++i) {
        node = child(node, static_cast<unsigned char>(text[i]));
        if (node == 0) break;
        if (ids_[node] >= 0) best = {ids_[node], i + 1};
    }
    return best;
}

void Vocabulary::insert(std::uint32_t root, std::string_view text, std::int32_t id) {
    auto node = root;
    for (const char c : text) node = child_or_new(node, static_cast<unsigned char>(c));
    if (node != root) ids_[node] = id;
}

Vocabulary::Slot& Vocabulary::slot(std::uint32_t key) {
    const auto mask = edges_.size() - 1;
    auto at = hash_of(key) & mask;
    while (edges_[at].key != 0 && edges_[at].key != key) at = (at + 1) & mask;
    return edges_[at];
}

std::uint32_t Vocabulary::child(std::uint32_t node, unsigned char byte) const {
    const auto key = node << 8 | byte;
    const auto mask = edges_.size() - 1;
    for (auto at = hash_of(key) & mask;; at = (at + 1) & mask) {
        if (edges_[at].key == key) return edges_[at].node;
        if (edges_[at].key == 0) return 0;
    }
}

std::uint32_t Vocabulary::child_or_new(std::uint32_t node, unsigned char byte) {
    auto& edge = slot(node << 8 | byte);
    if (edge.key == 0) {
        edge = {node << 8 | byte, static_cast<std::uint32_t>(ids_.size())};
        ids_.push_back(-1);
    }
    return edge.node;
}

}  // namespace agentic::embeddings

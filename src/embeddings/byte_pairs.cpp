#include "embeddings/byte_pairs.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>

#include "core/encoding.hpp"
#include "core/utf8.hpp"
#include "embeddings/text_pieces.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::int32_t kNoRank = std::numeric_limits<std::int32_t>::max();
// Joining takes about 40 bytes of memory for each byte of a piece, so that a longer one is taken in parts: a token or so more for a word of a mebibyte.
constexpr std::size_t kPieceMax = 1U << 20;

std::size_t start_of_character(std::string_view text, std::size_t at) {
    while (at > 0 && !is_code_point_start(text, at)) --at;
    return at;
}
std::size_t end_of_character(std::string_view text, std::size_t at) {
    while (!is_code_point_start(text, at)) ++at;
    return at;
}

/// A text with U+FFFD for each byte that is no UTF-8.
struct Mended {
    explicit Mended(std::string_view from) {
        for (std::size_t at = 0; at < from.size();) {
            const auto begin = at;
            append_code_point(text, next_code_point(from, at));
            sources.resize(text.size(), begin);
        }
        sources.push_back(from.size());
    }
    std::string text;
    std::vector<std::size_t> sources;  // where the character of each byte begins in the original; one more for its end
};

}  // namespace

/// Joins the bytes of one piece after the other; its buffers are used again.
class BytePairs::Joiner {
public:
    explicit Joiner(const BytePairs& owner) : owner_(owner) {}

    /// Calls add(begin, end, rank) for each token of `piece`, in order.
    void run(std::string_view piece, auto add) {
        if (const auto whole = owner_.rank_of(piece); whole != kNoRank) return add(0, piece.size(), whole);
        begin(piece);
        while (!pairs_.empty()) join(piece);
        for (std::uint32_t at = 0; at < size_; at = next_[at]) add(at, next_[at], owner_.rank_of(piece.substr(at, next_[at] - at)));
    }

private:
    struct Pair {
        std::uint64_t order;  // by rank, then by where it begins, which is the lower half
        std::uint32_t end;
        bool operator>(const Pair& other) const { return order > other.order; }
    };
    static constexpr std::uint32_t kGone = 0;  // no part ends at 0

    void begin(std::string_view piece) {
        size_ = static_cast<std::uint32_t>(piece.size());
        next_.resize(size_);
        previous_.resize(size_);
        for (std::uint32_t at = 0; at < size_; ++at) {
            next_[at] = at + 1;
            previous_[at] = at - 1;
        }
        pairs_.clear();
        for (std::uint32_t at = 0; at + 1 < size_; ++at) consider(piece, at);
        std::ranges::make_heap(pairs_, std::greater());
    }

    // The pair of parts that begins at `at`, if it is a token.
    bool consider(std::string_view piece, std::uint32_t at) {
        if (next_[at] >= size_) return false;
        const auto end = next_[next_[at]];
        const auto rank = owner_.rank_of(piece.substr(at, end - at));
        if (rank != kNoRank) pairs_.push_back({static_cast<std::uint64_t>(rank) << 32 | at, end});
        return rank != kNoRank;
    }

    void join(std::string_view piece) {
        std::ranges::pop_heap(pairs_, std::greater());
        const auto [order, end] = pairs_.back();
        pairs_.pop_back();
        const auto at = static_cast<std::uint32_t>(order);
        const auto middle = next_[at];
        if (middle == kGone || middle >= size_ || next_[middle] != end) return;  // one of its parts has been joined with another
        next_[at] = end;
        next_[middle] = kGone;
        if (end < size_) previous_[end] = at;
        if (consider(piece, at)) std::ranges::push_heap(pairs_, std::greater());
        if (at > 0 && consider(piece, previous_[at])) std::ranges::push_heap(pairs_, std::greater());
    }

    const BytePairs& owner_;
    std::uint32_t size_ = 0;
    std::vector<std::uint32_t> next_;      // of a part that begins here: where it ends
    std::vector<std::uint32_t> previous_;  // and where the one before it begins
    std::vector<Pair> pairs_;              // a heap, the lowest rank first, then the leftmost
};

BytePairs::BytePairs(const std::vector<RankedPiece>& pieces) : slots_(std::bit_ceil(pieces.size() * 2 + 1)) {
    for (const auto& [bytes, rank] : pieces) {
        auto at = std::hash<std::string_view>()(bytes) & (slots_.size() - 1);
        while (slots_[at].size != 0) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = {static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(bytes.size()), rank};
        bytes_ += bytes;
        longest_ = std::max(longest_, bytes.size());
    }
}

std::int32_t BytePairs::rank_of(std::string_view bytes) const {
    if (bytes.size() > longest_) return kNoRank;
    for (auto at = std::hash<std::string_view>()(bytes) & (slots_.size() - 1); slots_[at].size != 0; at = (at + 1) & (slots_.size() - 1)) {
        if (bytes == std::string_view(bytes_).substr(slots_[at].offset, slots_[at].size)) return slots_[at].rank;
    }
    return kNoRank;
}

// Calls add(begin, end, rank) for each token.
void BytePairs::each_token(std::string_view valid, auto add) const {
    Joiner joiner(*this);
    for (std::size_t at = 0; at < valid.size();) {
        const auto end = piece_end(valid, at);
        while (at < end) {
            const auto part = end - at <= kPieceMax ? end : start_of_character(valid, at + kPieceMax);
            joiner.run(valid.substr(at, part - at), [&](std::size_t from, std::size_t to, std::int32_t rank) { add(at + from, at + to, rank); });
            at = part;
        }
    }
}

std::vector<TokenSpan> BytePairs::tokens(std::string_view text) const {
    std::vector<TokenSpan> out;
    if (is_valid_utf8(text)) {
        each_token(text, [&](std::size_t from, std::size_t to, std::int32_t) { out.push_back({start_of_character(text, from), end_of_character(text, to)}); });
        return out;
    }
    const Mended mended(text);
    each_token(mended.text, [&](std::size_t from, std::size_t to, std::int32_t) { out.push_back({mended.sources[from], mended.sources[end_of_character(mended.text, to)]}); });
    return out;
}

std::size_t BytePairs::count(std::string_view text) const {
    std::size_t out = 0;
    const auto add = [&](std::size_t, std::size_t, std::int32_t) { ++out; };
    if (is_valid_utf8(text)) each_token(text, add);
    else each_token(Mended(text).text, add);
    return out;
}

std::vector<std::int32_t> BytePairs::encode(std::string_view text) const {
    std::vector<std::int32_t> out;
    const auto add = [&](std::size_t, std::size_t, std::int32_t rank) { out.push_back(rank); };
    if (is_valid_utf8(text)) each_token(text, add);
    else each_token(Mended(text).text, add);
    return out;
}

}  // namespace agentic::embeddings

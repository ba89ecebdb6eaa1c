#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "embeddings/embedder.hpp"
#include "knowledge/document.hpp"

namespace agentic::knowledge {

enum class ChunkingStrategy : std::uint8_t { fixed, semantic, sentence };

struct ChunkingOptions {
    ChunkingStrategy strategy = ChunkingStrategy::fixed;
    std::size_t chunk_size = 512;    // tokens of the collection's model, without special tokens; at least 8
    std::size_t chunk_overlap = 50;  // tokens; less than chunk_size
    std::size_t chunks_max = std::numeric_limits<std::size_t>::max();   // what comes behind so many is left out
};

/// From byte `at` of the cleaned text on, the text stands on `page`.
struct PageStart {
    std::size_t at = 0;
    std::uint32_t page = 0;

    bool operator==(const PageStart&) const = default;
};

/// Bytes [begin, end) of the cleaned text: never empty, no white space at either end, whole code points.
struct Chunk {
    std::size_t sequence = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t token_count = 0;    // of this text on its own
    std::uint32_t page = 0;         // of the first byte; 0 where the format has no pages
    std::uint32_t last_page = 0;
    std::vector<PageStart> pages;   // the first at `begin`; empty without pages. The page of a cited sentence is the last one at or before it.
    std::string section;            // headings above most of it: "Guide > Install > Linux"; empty without headings
};

/// Cuts a cleaned document. Every byte that is not white space lies in a chunk; a chunk has at most `chunk_size` tokens (unless a single code point has more) and
/// 32 * chunk_size bytes; it shares at most `chunk_overlap` tokens with the one before, whose real end is where the overlap is counted from. Deterministic.
///   fixed     full chunks with overlap, cut behind the last sentence that ends in their last fifth, else behind a word
///   sentence  as many whole sentences as fit; the overlap is whole sentences too
///   semantic  sections and paragraphs; small ones merged, large ones split behind a sentence. Overlap only where a paragraph was split.
/// `is_stopped` is asked before each chunk; what was cut until then is returned.
std::vector<Chunk> chunk_document(const ExtractedDocument& cleaned, const embeddings::TokenCounter& tokens, const ChunkingOptions& options,
                                  const std::function<bool()>& is_stopped = {});

/// The page on which byte `at` of the text stands; 0 without pages. `pages` as in Chunk.
std::uint32_t page_at(const std::vector<PageStart>& pages, std::size_t at);

}  // namespace agentic::knowledge

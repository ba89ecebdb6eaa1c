#pragma once
#include <cstddef>
#include <string_view>

namespace agentic::embeddings {

/// Where the piece of cl100k_base that begins at `at` ends: a word with what leads to it, up to three digits, a run of punctuation or white space. The vocabulary
/// joins nothing across pieces. `text` must be valid UTF-8, `at` the start of a piece and < text.size().
///
/// The pattern, as the reference writes it, of which the first alternative that matches counts:
///   '(?i:[sdmt]|ll|ve|re) | [^\r\n\p{L}\p{N}]?+\p{L}++ | \p{N}{1,3}+ | ?[^\s\p{L}\p{N}]++[\r\n]*+ | \s++$ | \s*[\r\n] | \s+(?!\S) | \s
std::size_t piece_end(std::string_view text, std::size_t at);

}  // namespace agentic::embeddings

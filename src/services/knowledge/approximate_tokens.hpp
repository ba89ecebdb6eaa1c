#pragma once
#include "embeddings/embedder.hpp"

namespace agentic::services {

/// Counts text where the collection's model is not installed, about as a WordPiece model does: a token for each four letters or digits of a word, one for each
/// other visible character. Rather too many than too few, so that a chunk cut by it fits the real model's window.
const embeddings::TokenCounter& approximate_tokens();

}  // namespace agentic::services

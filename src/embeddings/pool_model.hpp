#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "embeddings/embedder.hpp"
#include "embeddings/encoder.hpp"

namespace agentic::embeddings {

/// Texts as a model reads them: text i became the sequences [first[i], first[i + 1]).
struct SplitTexts {
    struct Sequence {
        std::vector<TokenId> ids;
        std::size_t second = SIZE_MAX;  // as in TokenSequence
    };
    std::vector<Sequence> sequences;
    std::vector<std::size_t> first;
};

/// A local model as the pool sees it. Thread-safe.
class PoolModel {
public:
    virtual ~PoolModel() = default;
    /// Floats that a sequence becomes.
    virtual std::size_t width() const = 0;
    /// Reads the weights on the first call, which takes a moment. Fails with `unavailable`; the next call tries again.
    virtual Result<void> load() = 0;
    virtual SplitTexts split(std::span<const std::string> texts, Purpose purpose) const = 0;
    /// One row of `width()` floats for each sequence. Only after load().
    virtual void run(std::span<const TokenSequence> sequences, float* out) = 0;
};

}  // namespace agentic::embeddings

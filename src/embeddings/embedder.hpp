#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/types.hpp"
#include "core/tenant.hpp"

namespace agentic::embeddings {

/// Where one token of a text lies: bytes [begin, end).
struct TokenSpan {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Counts text as a model does. Thread-safe, never fails: invalid UTF-8 counts as replacement characters.
class TokenCounter {
public:
    virtual ~TokenCounter() = default;
    /// One span per token, in order, without special tokens. A character that the model splits into several tokens repeats its span.
    virtual std::vector<TokenSpan> tokens(std::string_view text) const = 0;
    virtual std::size_t count(std::string_view text) const = 0;
};

/// Rows of `dimensions` floats, one below the other; every row has length 1 (L2).
struct Vectors {
    std::size_t dimensions = 0;
    std::vector<float> values;
    std::size_t size() const { return dimensions == 0 ? 0 : values.size() / dimensions; }
};

/// The vectors of several texts. A text longer than the model's window has one row per window: text i owns rows [first[i], first[i + 1]).
struct EmbeddedTexts {
    Vectors vectors;
    std::vector<std::size_t> first;   // texts + 1 entries

    std::span<const float> rows_of(std::size_t text) const {
        return std::span(vectors.values).subspan(first[text] * vectors.dimensions, (first[text + 1] - first[text]) * vectors.dimensions);
    }
};

enum class Purpose : std::uint8_t { query, document };

/// One embedding model, ready to use. All calls resume on the caller's executor.
class Embedder {
public:
    virtual ~Embedder() = default;
    virtual std::string_view model() const = 0;
    virtual std::size_t dimensions() const = 0;
    /// In tokens, special tokens included.
    virtual std::size_t window() const = 0;
    virtual const TokenCounter& tokens() const = 0;
    /// Embeds every token of every text: long ones in overlapping windows. A query is cut to one window. Fails with `unavailable` when the queue
    /// is full, `upstream_error` when a remote model fails. Results are cached per tenant and single-flight.
    virtual Task<EmbeddedTexts> embed(TenantScope tenant, std::vector<std::string> texts, Purpose purpose) = 0;
};

class Reranker;

/// The models this server can use, by name (`all-MiniLM-L6-v2`, `text-embedding-3-small`).
class Embedders {
public:
    virtual ~Embedders() = default;
    /// `bad_request` for a name nobody knows; `unavailable`, naming the command that mends it, for one that is known and not installed.
    virtual Result<Embedder*> find(std::string_view model) = 0;
    /// Dimensions of a known model, installed or not; nullopt for an unknown one.
    virtual std::optional<std::size_t> dimensions_of(std::string_view model) const = 0;
    /// The one that orders hits anew; nullptr when none is configured. `unavailable` when it cannot be used.
    virtual Result<Reranker*> reranker() { return nullptr; }
};

}  // namespace agentic::embeddings

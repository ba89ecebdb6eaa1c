#pragma once
#include "embeddings/embedder.hpp"

namespace agentic::embeddings {

/// Where vectors are made: a local model or a remote one, without cache. The rules of Embedder::embed hold.
class VectorSource {
public:
    virtual ~VectorSource() = default;
    virtual Task<EmbeddedTexts> embed(std::vector<std::string> texts, Purpose purpose) = 0;
};

}  // namespace agentic::embeddings

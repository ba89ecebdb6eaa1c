#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "async/types.hpp"

namespace agentic::embeddings {

/// A model that reads a query together with a passage and says how well the passage answers it. Resumes on the caller's executor.
class Reranker {
public:
    virtual ~Reranker() = default;
    virtual std::string_view model() const = 0;
    /// A score from 0 to 1 for each passage, in their order. Fails with `unavailable` (the queue is full, the model cannot be loaded) and `deadline_exceeded`: what is
    /// not done by then is dropped.
    virtual Task<std::vector<double>> score(std::string query, std::vector<std::string> passages, std::chrono::steady_clock::time_point until) = 0;
};

}  // namespace agentic::embeddings

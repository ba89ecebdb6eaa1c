#pragma once
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/work_pool.hpp"
#include "embeddings/pool_model.hpp"
#include "embeddings/vector_source.hpp"

namespace agentic::embeddings {

struct EncoderPoolOptions {
    std::size_t threads = 1;                     // for queries, and as many for documents
    std::size_t queue_limit_bytes = 64U << 20;   // of text that waits, for each of the two
    std::size_t pass_tokens = 256;               // sequences share a pass up to about this
};

/// The processor time of all local models. Requests are cut into sequences; a pass takes sequences of several requests in turn, so that a large request delays
/// no small one. Queries have threads of their own, and those of documents run at a lower priority: the kernel lets queries and the rest of the server first.
class EncoderPool {
public:
    explicit EncoderPool(EncoderPoolOptions options);
    ~EncoderPool();

    /// Resumes on the caller's executor; the rows are the model's, whatever it makes of a sequence. `unavailable` when too much waits already, or the model
    /// cannot be loaded; `deadline_exceeded` when it takes longer than `until`, and what is left of it is dropped.
    Task<EmbeddedTexts> run(PoolModel& model, std::vector<std::string> texts, Purpose purpose, std::chrono::steady_clock::time_point until = kForever);

    static constexpr auto kForever = std::chrono::steady_clock::time_point::max() - std::chrono::hours(1);

private:
    struct Job;
    struct Pass;
    class Lane;

    std::unique_ptr<Lane> queries_, documents_;
};

/// One local model behind the pool.
class LocalSource final : public VectorSource {
public:
    LocalSource(EncoderPool& pool, PoolModel& model) : pool_(pool), model_(model) {}
    Task<EmbeddedTexts> embed(std::vector<std::string> texts, Purpose purpose) override { return pool_.run(model_, std::move(texts), purpose); }

private:
    EncoderPool& pool_;
    PoolModel& model_;
};

}  // namespace agentic::embeddings

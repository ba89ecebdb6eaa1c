#pragma once
#include <chrono>
#include <span>
#include <string>

#include "core/secret.hpp"
#include "embeddings/estimated_tokens.hpp"
#include "embeddings/vector_source.hpp"
#include "http/outbound_retry.hpp"

namespace agentic::embeddings {

/// A model behind OpenAI's protocol (`POST {base_url}/embeddings`).
struct RemoteModel {
    std::string base_url;         // up to and with /v1
    Secret key;                   // may be empty
    std::string model;
    std::size_t dimensions = 0;
    std::size_t window = 8191;    // tokens of one input
    bool asks_dimensions = false; // the server understands `dimensions`
};

struct RemoteOptions {
    std::size_t max_inputs = 100;                 // of one call
    std::size_t max_tokens = 250'000;             // of one call; OpenAI refuses above 300,000
    http::RetryPolicy retries;
    std::chrono::milliseconds call_timeout{60'000};
};

/// Fails with `upstream_error` (with retry_after_s when the server gave one), `deadline_exceeded`, `forbidden` (address refused by the guard) or `cancelled`.
class RemoteSource final : public VectorSource {
public:
    RemoteSource(RemoteModel model, http::OutboundClient& outbound, const TokenCounter& tokens, RemoteOptions options = {});
    Task<EmbeddedTexts> embed(std::vector<std::string> texts, Purpose purpose) override;

private:
    struct Attempt;
    Task<std::vector<float>> call(std::span<const std::string_view> inputs);
    Task<std::vector<float>> try_once(const std::string* body, std::size_t inputs, Attempt* attempt);

    RemoteModel model_;
    http::OutboundClient& outbound_;
    const TokenCounter& tokens_;
    RemoteOptions options_;
};

/// The parts of a text that one input each can hold, by the spans of its tokens; windows overlap a little. A query has one.
std::vector<std::string_view> split_for_window(std::string_view text, const TokenCounter& tokens, std::size_t window, Purpose purpose);

/// The body of a call, and the rows of its answer, in the order of the inputs and of length 1. `upstream_error` when the answer is not what was asked for.
std::string write_embedding_request(const RemoteModel& model, std::span<const std::string_view> inputs);
Result<std::vector<float>> read_embedding_answer(std::string_view body, std::size_t inputs, std::size_t dimensions);

}  // namespace agentic::embeddings

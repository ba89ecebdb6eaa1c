#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/vocabulary.hpp"
#include "providers/llm/llm_client.hpp"

namespace agentic::services {

/// Why somebody other than the machine wants a run to stop. The last two leave the row alone: another process owns it, or will.
enum class StopCause : std::uint8_t { none, cancel_requested, interrupted, deadline, output_limit, lease_lost, shutdown };

/// One call of a model that costs something: a line of the usage ledger.
struct ModelCall {
    std::string provider;
    std::string requested_model;
    std::string model;  // as the provider reports it
    llm::Usage usage;
};

/// What a call had brought when it broke off.
struct HeardOfCall {
    std::optional<llm::Usage> reported;
    std::string text;   // of the answer and of the reasoning
};

llm::Usage operator+(const llm::Usage& a, const llm::Usage& b);

/// What a run gave its caller.
struct RunAnswer {
    std::string text;
    std::vector<llm::Block> blocks;  // this turn's, in order, as they go back to the provider
    std::vector<llm::Citation> citations;
    std::vector<std::string> warnings;
    std::string model;
    llm::StopReason stop_reason = llm::StopReason::end_turn;
};

/// How a run ended.
struct RunOutcome {
    RunStatus status = RunStatus::failed;
    std::optional<RunAnswer> answer;  // of completed runs
    Error error;                      // of the others: code and message are shown to the client
};

std::string_view to_string(llm::StopReason reason);

/// NUL, which no database stores in a text, becomes U+FFFD: what is streamed, stored and replayed is the same.
std::string without_nul(std::string_view text);

}  // namespace agentic::services

#include "services/runs/run_plan.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "providers/llm/token_estimate.hpp"
#include "services/runs/blocks.hpp"
#include "services/runs/history.hpp"
#include "services/runs/run_records.hpp"

namespace agentic::services {
namespace {

constexpr std::int64_t kBudgetMin = 1'024;

llm::Message message_of(const db::PastMessageRow& row) {
    // Results of tools go back as the user's.
    const auto role = row.role == MessageRole::assistant ? llm::MessageRole::assistant : llm::MessageRole::user;
    return {.role = role, .blocks = blocks_from_json(row.content_blocks.text, row.content)};
}

std::int64_t history_budget(const PlanInput& input) {
    auto prompt = llm::estimate_tokens(input.agent.system_prompt.value_or(""));
    for (const auto& passage : input.context.passages) prompt += llm::estimate_tokens(passage.title) + llm::estimate_tokens(passage.text);
    const auto used = input.agent.max_tokens.value_or(llm::kAnswerTokensDefault) + llm::provider_tokens(input.endpoint.provider, prompt);
    // An eighth stays free: the count is an estimate.
    return std::max(kBudgetMin, input.context_window - input.context_window / 8 - used);
}

/// An agent on an older model may name the version of the Anthropic API in its config: the newer one takes no temperature.
std::string anthropic_version_of(const JsonText& config) {
    if (!config.text.contains("\"anthropic_version\"")) return {};
    boost::system::error_code error;
    const auto value = boost::json::parse(config.text, error);
    const auto* object = error ? nullptr : value.if_object();
    const auto* version = object == nullptr ? nullptr : object->if_contains("anthropic_version");
    return version != nullptr && version->is_string() ? std::string(version->get_string()) : std::string();
}

std::vector<llm::Message> messages_of(const PlanInput& input) {
    std::vector<llm::Message> messages;
    for (const auto& row : input.past) {
        if (row.id != input.run.user_message_id && row.role != MessageRole::system) messages.push_back(message_of(row));
    }
    messages.push_back(user_message(input.run.input, input.context));
    return fit_history(repair_history(std::move(messages)), history_budget(input), input.endpoint.provider);
}

}  // namespace

RunPlan make_plan(PlanInput input) {
    RunPlan plan;
    plan.request.messages = messages_of(input);
    plan.request.endpoint = std::move(input.endpoint);
    plan.request.model = input.agent.model_name;
    plan.request.system_prompt = input.agent.system_prompt.value_or("");
    plan.request.passages = input.context.passages;
    plan.request.temperature = input.agent.temperature;
    plan.request.max_tokens = input.agent.max_tokens;
    plan.request.deadline = input.deadline;
    plan.request.anthropic_version = anthropic_version_of(input.agent.config);
    plan.limits.max_iterations = input.run.max_iterations.value_or(input.agent.max_iterations);
    plan.iterations = input.run.iterations;
    plan.usage = usage_of(input.run);
    if (input.run.turn_blocks.text != "[]") plan.turn_blocks = blocks_from_json(input.run.turn_blocks.text, "");
    return plan;
}

}  // namespace agentic::services

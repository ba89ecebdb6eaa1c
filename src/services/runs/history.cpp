#include "services/runs/history.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "providers/llm/token_estimate.hpp"

namespace agentic::services {
namespace {

using llm::MessageRole;

bool is_empty(const llm::Block& block) {
    const auto* text = std::get_if<llm::TextBlock>(&block);
    return text != nullptr && text->text.empty();
}

/// Ids of the calls in `message` whose results stand in `next`.
std::set<std::string> paired_calls(const llm::Message& message, const llm::Message* next) {
    std::set<std::string> calls, paired;
    for (const auto& block : message.blocks) {
        if (const auto* use = std::get_if<llm::ToolUseBlock>(&block)) calls.insert(use->id);
    }
    if (next == nullptr || next->role != MessageRole::user) return paired;
    for (const auto& block : next->blocks) {
        const auto* result = std::get_if<llm::ToolResultBlock>(&block);
        if (result != nullptr && calls.contains(result->tool_use_id)) paired.insert(result->tool_use_id);
    }
    return paired;
}

void drop_dangling_calls(std::vector<llm::Message>& messages) {
    std::set<std::string> open;  // calls of the message before, which have a result in this one
    for (std::size_t i = 0; i < messages.size(); ++i) {
        auto& message = messages[i];
        const auto paired = message.role == MessageRole::assistant
                                ? paired_calls(message, i + 1 < messages.size() ? &messages[i + 1] : nullptr)
                                : std::set<std::string>{};
        std::erase_if(message.blocks, [&](const llm::Block& block) {
            if (const auto* use = std::get_if<llm::ToolUseBlock>(&block)) return !paired.contains(use->id);
            if (const auto* result = std::get_if<llm::ToolResultBlock>(&block)) return open.erase(result->tool_use_id) == 0;
            return false;
        });
        open = paired;
    }
}

std::vector<llm::Message> join_neighbours(std::vector<llm::Message> messages) {
    std::vector<llm::Message> out;
    for (auto& message : messages) {
        std::erase_if(message.blocks, is_empty);
        if (message.blocks.empty()) continue;
        if (out.empty() && message.role == MessageRole::assistant) continue;
        if (!out.empty() && out.back().role == message.role) {
            std::ranges::move(message.blocks, std::back_inserter(out.back().blocks));
        } else {
            out.push_back(std::move(message));
        }
    }
    return out;
}

/// A turn starts with what the user said; a user's message that begins with tool results belongs to the turn before.
bool starts_turn(const llm::Message& message) {
    return message.role == MessageRole::user && !message.blocks.empty() && !std::holds_alternative<llm::ToolResultBlock>(message.blocks.front());
}

}  // namespace

std::vector<llm::Message> repair_history(std::vector<llm::Message> messages) {
    // Joining first brings a call and its results together when something empty stood between them, joining again closes what dropping opened.
    messages = join_neighbours(std::move(messages));
    drop_dangling_calls(messages);
    messages = join_neighbours(std::move(messages));
    return messages;
}

std::vector<llm::Message> fit_history(std::vector<llm::Message> messages, std::int64_t budget_tokens, std::string_view provider) {
    std::int64_t used = 0;
    auto keep_from = messages.end();
    for (auto message = messages.end(); message != messages.begin();) {
        --message;
        used += llm::provider_tokens(provider, llm::estimate_tokens(*message));
        if (used > budget_tokens && keep_from != messages.end()) break;
        if (starts_turn(*message)) keep_from = message;
    }
    if (keep_from != messages.end()) messages.erase(messages.begin(), keep_from);
    return messages;
}

}  // namespace agentic::services

#pragma once
// Words that rows and wire structs share. Stored and sent under the enumerators' own names.
#include <cstdint>
#include <string_view>

namespace agentic {

enum class TenantStatus : std::uint8_t { active, suspended, deleted };
enum class UserStatus : std::uint8_t { active, suspended };
enum class AgentStatus : std::uint8_t { active, inactive, archived };
enum class ConversationStatus : std::uint8_t { active, completed, archived };
/// What a new message does while the conversation's agent is still answering.
enum class OnBusy : std::uint8_t { reject, enqueue, interrupt };
enum class MessageRole : std::uint8_t { user, assistant, tool, system };

/// A run's life: queued -> running -> (waiting_approval <-> running) -> one of the four ends. `expired` ran out of its time.
enum class RunStatus : std::uint8_t { queued, running, waiting_approval, completed, failed, cancelled, expired };
constexpr bool is_terminal(RunStatus status) { return status >= RunStatus::completed; }

std::string_view to_string(TenantStatus status);
std::string_view to_string(UserStatus status);
std::string_view to_string(AgentStatus status);
std::string_view to_string(ConversationStatus status);
std::string_view to_string(OnBusy on_busy);
std::string_view to_string(MessageRole role);
std::string_view to_string(RunStatus status);

}  // namespace agentic

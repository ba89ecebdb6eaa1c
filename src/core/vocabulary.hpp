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

/// How documents are cut into chunks (knowledge/chunker.hpp).
enum class Chunking : std::uint8_t { fixed, semantic, sentence };
/// Who sees a collection: everybody in the tenant, or its maker and the administrators.
enum class Visibility : std::uint8_t { tenant, private_ };
enum class DocumentSource : std::uint8_t { upload, text, url };
/// A document's life: pending -> processing -> one of the three ends; a new version, retry or re-upload begins again.
enum class DocumentStatus : std::uint8_t { pending, processing, completed, failed, cancelled };
enum class JobState : std::uint8_t { queued, running, completed, failed, cancelled };

std::string_view to_string(TenantStatus status);
std::string_view to_string(UserStatus status);
std::string_view to_string(AgentStatus status);
std::string_view to_string(ConversationStatus status);
std::string_view to_string(OnBusy on_busy);
std::string_view to_string(MessageRole role);
std::string_view to_string(RunStatus status);
std::string_view to_string(Chunking chunking);
std::string_view to_string(Visibility visibility);
std::string_view to_string(DocumentSource source);
std::string_view to_string(DocumentStatus status);
std::string_view to_string(JobState state);

}  // namespace agentic

#include "core/vocabulary.hpp"

namespace agentic {

std::string_view to_string(TenantStatus status) {
    switch (status) {
        case TenantStatus::active: return "active";
        case TenantStatus::suspended: return "suspended";
        case TenantStatus::deleted: return "deleted";
    }
    return "deleted";
}

std::string_view to_string(UserStatus status) {
    switch (status) {
        case UserStatus::active: return "active";
        case UserStatus::suspended: return "suspended";
    }
    return "suspended";
}

std::string_view to_string(AgentStatus status) {
    switch (status) {
        case AgentStatus::active: return "active";
        case AgentStatus::inactive: return "inactive";
        case AgentStatus::archived: return "archived";
    }
    return "active";
}

std::string_view to_string(ConversationStatus status) {
    switch (status) {
        case ConversationStatus::active: return "active";
        case ConversationStatus::completed: return "completed";
        case ConversationStatus::archived: return "archived";
    }
    return "active";
}

std::string_view to_string(OnBusy on_busy) {
    switch (on_busy) {
        case OnBusy::reject: return "reject";
        case OnBusy::enqueue: return "enqueue";
        case OnBusy::interrupt: return "interrupt";
    }
    return "reject";
}

std::string_view to_string(MessageRole role) {
    switch (role) {
        case MessageRole::user: return "user";
        case MessageRole::assistant: return "assistant";
        case MessageRole::tool: return "tool";
        case MessageRole::system: return "system";
    }
    return "user";
}

std::string_view to_string(RunStatus status) {
    switch (status) {
        case RunStatus::queued: return "queued";
        case RunStatus::running: return "running";
        case RunStatus::waiting_approval: return "waiting_approval";
        case RunStatus::completed: return "completed";
        case RunStatus::failed: return "failed";
        case RunStatus::cancelled: return "cancelled";
        case RunStatus::expired: return "expired";
    }
    return "failed";
}

}  // namespace agentic

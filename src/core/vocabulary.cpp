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

std::string_view to_string(Chunking chunking) {
    switch (chunking) {
        case Chunking::fixed: return "fixed";
        case Chunking::semantic: return "semantic";
        case Chunking::sentence: return "sentence";
    }
    return "fixed";
}

std::string_view to_string(Visibility visibility) {
    switch (visibility) {
        case Visibility::tenant: return "tenant";
        case Visibility::private_: return "private";
    }
    return "tenant";
}

std::string_view to_string(DocumentSource source) {
    switch (source) {
        case DocumentSource::upload: return "upload";
        case DocumentSource::text: return "text";
        case DocumentSource::url: return "url";
    }
    return "upload";
}

std::string_view to_string(DocumentStatus status) {
    switch (status) {
        case DocumentStatus::pending: return "pending";
        case DocumentStatus::processing: return "processing";
        case DocumentStatus::completed: return "completed";
        case DocumentStatus::failed: return "failed";
        case DocumentStatus::cancelled: return "cancelled";
    }
    return "pending";
}

std::string_view to_string(JobState state) {
    switch (state) {
        case JobState::queued: return "queued";
        case JobState::running: return "running";
        case JobState::completed: return "completed";
        case JobState::failed: return "failed";
        case JobState::cancelled: return "cancelled";
    }
    return "queued";
}

}  // namespace agentic

#include "services/runs/run_wire.hpp"

#include "core/encoding.hpp"

namespace agentic::services {
namespace {

void append_raw(std::string& out, std::string_view name, std::string_view json) {
    out.append(",\"").append(name).append("\":").append(json);
}

}  // namespace

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += out.ends_with('{') ? "\"" : ",\"";
    out.append(name).append("\":");
    append_json_string(out, text);
}

std::string started_data(const db::RunRow& run) {
    std::string out = "{";
    append_member(out, "run_id", run.id.to_string());
    append_member(out, "conversation_id", run.conversation_id.to_string());
    append_member(out, "agent_id", run.agent_id.to_string());
    append_member(out, "user_message_id", run.user_message_id.value_or(Uuid{}).to_string());
    append_raw(out, "attempt", std::to_string(run.attempt));
    append_member(out, "created_at", run.created_at.to_string());
    return out += '}';
}

std::string restarted_data(const db::RunRow& run, std::int64_t confirmed_sequence) {
    auto out = started_data(run);
    out.pop_back();
    append_raw(out, "confirmed_sequence", std::to_string(confirmed_sequence));
    return out += '}';
}

std::string message_data(const db::MessageRow& message) {
    std::string out = "{";
    append_member(out, "message_id", message.id.to_string());
    append_member(out, "role", to_string(message.role));
    append_member(out, "content", message.content);
    append_raw(out, "citations", message.citations.text);
    append_member(out, "created_at", message.created_at.to_string());
    return out += '}';
}

std::string error_data(const Error& error) {
    std::string out = "{";
    append_member(out, "code", to_string(error.code));
    append_member(out, "message", error.public_message);
    return out += '}';
}

schemas::ExecuteResponse response_of(const db::RunRow& run, std::vector<schemas::RunCitation> citations, const db::MessageRow& message, const llm::Usage& usage,
                                     std::int64_t cost_micros) {
    schemas::ExecuteResponse out{.run_id = run.id,
                                 .conversation_id = run.conversation_id,
                                 .message_id = message.id,
                                 .response = message.content,
                                 .citations = std::move(citations),
                                 .token_usage = schemas::token_usage(usage),
                                 .cost_micros = cost_micros,
                                 .latency_ms = message.latency_ms.value_or(0),
                                 .created_at = message.created_at};
    return out;
}

}  // namespace agentic::services

#include "services/knowledge/job_kinds.hpp"

#include <boost/json/parse.hpp>
#include <string>

namespace agentic::services {
namespace {

/// A member of the job's payload; null when there is none.
boost::json::value member_of(const db::JobRow& job, std::string_view name) {
    boost::system::error_code error;
    const auto payload = boost::json::parse(job.payload.text, error);
    const auto* object = error ? nullptr : payload.if_object();
    const auto* member = object == nullptr ? nullptr : object->if_contains(name);
    return member == nullptr ? boost::json::value() : *member;
}

}  // namespace

db::JobRow new_job(std::string_view kind, Uuid subject, Timestamp now, std::int64_t priority) {
    return {.id = make_uuid_v7(now.unix_ms()), .kind = std::string(kind), .subject_id = subject, .priority = priority, .run_at = now, .created_at = now};
}

db::JobRow new_ingest_job(db::DocumentVersion document, Timestamp now) {
    auto job = new_job(kIngestJob, document.document_id, now);
    job.payload = {"{\"version\":" + std::to_string(document.version) + "}"};
    return job;
}

std::int64_t version_of(const db::JobRow& job) {
    const auto version = member_of(job, "version");
    return version.is_int64() ? version.get_int64() : 0;
}

JsonText cleared_payload() { return {R"({"cleared":true})"}; }

bool is_cleared(const db::JobRow& job) {
    const auto cleared = member_of(job, "cleared");
    return cleared.is_bool() && cleared.get_bool();
}

}  // namespace agentic::services

#include <format>
#include <print>

#include "app/cli/commands.hpp"
#include "app/database.hpp"
#include "core/encoding.hpp"

namespace agentic::app {
namespace {

using Session = std::unique_ptr<db::MigrationSession>;

Result<Session> open(const Invocation& invocation) {
    AGENTIC_TRY(const auto config, checked_config(invocation, false));
    return open_migrations(config);
}

int report(const Result<int>& done, std::string_view what) {
    if (!done) return failed(done.error());
    std::println("{} {} migration{}.", what, *done, *done == 1 ? "" : "s");
    return 0;
}

std::string as_json(const std::vector<db::MigrationState>& states) {
    std::string out = "[";
    for (const auto& state : states) {
        out += std::format(R"({}{{"number":{},"name":)", out.size() > 1 ? "," : "", state.number);
        append_json_string(out, state.name);
        out += R"(,"applied_at":)";
        if (state.applied_at) append_json_string(out, state.applied_at->to_string());
        else out += "null";
        out += '}';
    }
    return out + "]";
}

}  // namespace

int migrate_up(const Invocation& invocation) {
    return report(open(invocation).and_then([](const Session& session) { return db::migrate_up(*session, db::embedded_migrations(), SystemClock()); }), "Applied");
}

int migrate_down(const Invocation& invocation, int target) {
    return report(open(invocation).and_then([&](const Session& session) { return db::migrate_down(*session, db::embedded_migrations(), target); }), "Reverted");
}

int migrate_status(const Invocation& invocation) {
    const auto states = open(invocation).and_then([](const Session& session) { return db::migration_states(*session, db::embedded_migrations()); });
    if (!states) return failed(states.error());
    if (invocation.output == Output::json) {
        std::println("{}", as_json(*states));
        return 0;
    }
    for (const auto& state : *states) std::println("{:04}  {:<28}  {}", state.number, state.name, state.applied_at ? state.applied_at->to_string() : "pending");
    return 0;
}

}  // namespace agentic::app

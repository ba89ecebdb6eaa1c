#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <arpa/inet.h>
#include <format>
#include <functional>
#include <print>

#include "app/cli/commands.hpp"
#include "app/config/weak_secret.hpp"
#include "app/database.hpp"
#include "app/generated_secret.hpp"
#include "core/encoding.hpp"

namespace agentic::app {
namespace {

/// One look at the installation. `finding` is what was found, or what is wrong and what to do about it.
struct Finding {
    std::string name;
    bool ok = false;
    std::string text;
};

Finding finding_of(std::string name, const Result<std::string>& result) {
    return {std::move(name), result.has_value(), result ? *result : result.error().public_message};
}

Result<std::string> look_at_data_dir(const Config& config) {
    const auto& directory = config.general.data_dir;
    AGENTIC_CHECK(make_data_dir(directory));
    if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0) return fail(ErrorCode::forbidden, std::format("{} cannot be written", directory.string()));
    std::error_code error;
    const auto space = std::filesystem::space(directory, error);
    if (!error && space.available < (256ULL << 20)) return fail(ErrorCode::storage_full, std::format("{}: less than 256 MiB free", directory.string()));
    return std::format("{} can be written, {} GiB free", directory.string(), space.available >> 30);
}

Result<std::string> look_at_schema(const Config& config) {
    AGENTIC_TRY(const auto session, open_migrations(config));
    AGENTIC_TRY(const auto states, db::migration_states(*session, db::embedded_migrations()));
    const auto pending = std::ranges::count_if(states, [](const auto& state) { return !state.applied_at; });
    const auto found = std::format("{}, {} of {} migrations applied", database_name(config), static_cast<std::ptrdiff_t>(states.size()) - pending, states.size());
    if (pending > 0 && engine_of(config) == db::Executor::Engine::postgres) return fail(ErrorCode::precondition_failed, found + ": run `agentic migrate up`");
    return found;
}

Result<std::string> look_at_secrets(const Config& config) {
    for (const auto& [secret, name] : {std::pair{&config.security.secret_key, "SECRET_KEY"}, {&config.security.jwt_secret, "JWT_SECRET"}}) {
        if (const auto weakness = weakness_of(secret->reveal()); !weakness.empty()) return fail(ErrorCode::precondition_failed, std::format("{} {}", name, weakness));
    }
    return "SECRET_KEY and JWT_SECRET are set and do not look like samples";
}

Result<std::string> look_at_port(const Config& config) {
    const auto& [host, port] = std::pair{config.server.host, config.server.port};
    const bool is_v6 = host.contains(':');
    const int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage address{};
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&address);
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address);
    address.ss_family = is_v6 ? AF_INET6 : AF_INET;
    inet_pton(address.ss_family, host.c_str(), is_v6 ? static_cast<void*>(&v6->sin6_addr) : &v4->sin_addr);
    (is_v6 ? v6->sin6_port : v4->sin_port) = htons(port);
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool is_free = bind(fd, reinterpret_cast<const sockaddr*>(&address), is_v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)) == 0;
    close(fd);
    if (!is_free) return fail(ErrorCode::conflict, std::format("{} port {} cannot be bound: is a server already running?", host, port));
    return std::format("{} port {} is free", host, port);
}

void print(const std::vector<Finding>& findings, Output output) {
    if (output == Output::text) {
        for (const auto& [name, ok, text] : findings) std::println("{} {:<9} {}", ok ? "ok  " : "FAIL", name, text);
        return;
    }
    std::string out = "[";
    for (const auto& [name, ok, text] : findings) {
        out += std::format(R"({}{{"name":"{}","ok":{},"finding":)", out.size() > 1 ? "," : "", name, ok);
        append_json_string(out, text);
        out += '}';
    }
    std::println("{}]", out);
}

}  // namespace

int doctor(const Invocation& invocation) {
    std::vector<Finding> findings;
    const auto config = checked_config(invocation, true);
    findings.push_back(finding_of("config", config.transform([](const Config&) { return std::string("valid"); })));
    if (config) {
        findings.push_back(finding_of("data", look_at_data_dir(*config)));
        findings.push_back(finding_of("secrets", look_at_secrets(*config)));
        findings.push_back(finding_of("database", look_at_schema(*config)));
        findings.push_back(finding_of("port", look_at_port(*config)));
    }
    findings.push_back(finding_of("libraries", library_versions()));
    print(findings, invocation.output);
    return std::ranges::all_of(findings, &Finding::ok) ? 0 : 1;
}

}  // namespace agentic::app

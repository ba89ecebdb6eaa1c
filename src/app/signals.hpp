#pragma once

namespace agentic::app {

/// Prepares this process for wait_for_stop: SIGTERM and SIGINT are blocked (in threads made later too), SIGPIPE and SIGHUP are ignored. A dropped
/// connection is an error code, and there is no file to reopen, since the log goes to stderr.
void take_signals();

/// Blocks until SIGTERM or SIGINT; returns its name. From then on another one ends the process at once with exit code 1.
const char* wait_for_stop();

}  // namespace agentic::app

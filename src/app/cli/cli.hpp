#pragma once

namespace agentic::app {

/// Runs `agentic` with the arguments of main and returns its exit code.
int run_cli(int argc, char** argv);

}  // namespace agentic::app

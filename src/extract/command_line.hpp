#pragma once

namespace agentic::extract {

/// `agentic-extract --serve | --once`, see docs/extraction.md. Returns the exit code.
int run_command_line(int argc, char** argv);

}  // namespace agentic::extract

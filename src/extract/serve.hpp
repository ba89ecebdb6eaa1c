#pragma once
#include "extract/reader_process.hpp"

namespace agentic::extract {

/// Locks the process in and serves jobs from knowledge::wire::kControlDescriptor until its other end is closed. Returns the exit code.
int serve(const sandbox::Limits& limits);

/// Locks the process in and reads one document from standard input to standard output; the reason of a failure goes to standard error. Returns the
/// exit code: 0, or kFailureExit + the reason.
int read_once(const sandbox::Limits& limits, const std::string& file_name, const std::string& declared_type);

/// What both do first: load the tables, give up privileges, close what was inherited, filter. Returns what readers need to know.
Cell lock_in(const sandbox::Limits& limits, int first_descriptor_to_close, int& landlock);

}  // namespace agentic::extract

#pragma once
#include <string>

#include "extract/sandbox/sandbox.hpp"

namespace agentic::extract {

#ifdef AGENTIC_FAULTS
/// For the tests of the sandbox: tries to escape from a reader in the way called `attempt`; without a name, prints all names. Prints "through",
/// "refused" or "killed". `locked` false leaves the sandbox out: the negative control. Returns 0 unless there is no such attempt.
int probe(const sandbox::Limits& limits, const std::string& attempt, bool locked);
#endif

}  // namespace agentic::extract

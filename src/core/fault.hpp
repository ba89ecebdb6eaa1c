#pragma once
#include <string_view>

/// Named places where the crash harness may kill the process, and named planted bugs that it must catch. Both exist only in builds with
/// AGENTIC_FAULTS, which is off in every shipped build; otherwise they compile to nothing.
///
///     AGENTIC_FAULT_POINT=run.answer.committed:3    SIGKILL to itself at the third arrival there
///     AGENTIC_FAULT_ACK_BEFORE_COMMIT=1             plants the bug `ack_before_commit`: answers are acknowledged before they are durable
namespace agentic::fault {

#ifdef AGENTIC_FAULTS
void point(std::string_view name);
bool planted(std::string_view bug);
#else
inline void point(std::string_view) {}
constexpr bool planted(std::string_view) { return false; }
#endif

}  // namespace agentic::fault

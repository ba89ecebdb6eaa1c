#pragma once

namespace agentic::async {

// What a thread asks of the kernel's scheduler for itself. A kernel that cannot or may not do it leaves the thread as it is.

/// For threads that are woken often and work briefly: to run soon after each wake-up, in return for short turns, even while others compute. (A slice of
/// 0.1 ms, the least there is: sched_setattr(2), Linux 6.12; before it, a thread that computes keeps the processor for the rest of its slice of milliseconds.)
void prefer_short_turns();

/// For work that nobody waits for: 10 nicer than the process. Processes that the thread starts are so, too.
void yield_to_others();

}  // namespace agentic::async

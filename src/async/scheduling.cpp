#include "async/scheduling.hpp"

#include <sched.h>
#include <sys/resource.h>

namespace agentic::async {
namespace {

constexpr auto kSliceNs = 100'000U;
constexpr int kNiceness = 10;

}  // namespace

void prefer_short_turns() {
    sched_attr attributes{};
    if (::sched_getattr(0, &attributes, sizeof attributes, 0) != 0 || attributes.sched_policy != SCHED_OTHER) return;   // an operator's own choice stays
    attributes.sched_runtime = kSliceNs;
    static_cast<void>(::sched_setattr(0, &attributes, 0));
}

void yield_to_others() {
    const int now = ::getpriority(PRIO_PROCESS, 0);   // 0: of this thread
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, now + kNiceness));
}

}  // namespace agentic::async

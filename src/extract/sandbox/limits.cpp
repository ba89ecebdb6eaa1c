#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <stdexcept>

#include "extract/sandbox/sandbox.hpp"
#include "knowledge/extract_wire.hpp"

namespace agentic::extract::sandbox {
namespace {

constexpr rlim_t kDescriptorsMax = 64;

void set_limit(__rlimit_resource what, rlim_t soft, rlim_t hard) {
    const rlimit limit{soft, hard};
    if (::setrlimit(what, &limit) != 0) throw std::runtime_error("a resource limit could not be set");
}

}  // namespace

void give_up_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw std::runtime_error("no_new_privs could not be set");
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    set_limit(RLIMIT_CORE, 0, 0);
    set_limit(RLIMIT_NOFILE, kDescriptorsMax, kDescriptorsMax);
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const __user_cap_data_struct none[2] = {};
    if (::syscall(SYS_capset, &header, none) != 0) throw std::runtime_error("capabilities could not be dropped");
}

void limit_resources(const Limits& limits, int parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) throw std::runtime_error("the parent-death signal could not be set");
    if (::getppid() != parent) ::_exit(1);   // it died before the signal was set
    set_limit(RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 2);   // SIGXCPU first, which has a name; SIGKILL cannot be put off
    set_limit(RLIMIT_FSIZE, knowledge::wire::kResultBytesMax, knowledge::wire::kResultBytesMax);   // of the result, where that is a file
    const auto memory = static_cast<rlim_t>(limits.memory_mib) << 20;
    if (!kSanitized) set_limit(RLIMIT_AS, memory, memory);
    const itimerval alarm{.it_interval = {}, .it_value = {.tv_sec = static_cast<time_t>(limits.wall_s), .tv_usec = 0}};
    if (::setitimer(ITIMER_REAL, &alarm, nullptr) != 0) throw std::runtime_error("the alarm could not be set");
}

void close_descriptors_from(int first) {
    if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
    for (int descriptor = first; descriptor < 4096; ++descriptor) ::close(descriptor);
}

}  // namespace agentic::extract::sandbox

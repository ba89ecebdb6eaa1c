#include "extract/probe.hpp"

#ifdef AGENTIC_FAULTS
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "extract/serve.hpp"

namespace agentic::extract {
namespace {

/// Each returns true when it got what it wanted. Raw calls: a library could be kinder than the kernel.
struct Attempt {
    const char* name;
    bool (*run)();
};

bool done(long result) { return result >= 0; }

bool connects(int family, const void* address, unsigned size) {
    const int descriptor = static_cast<int>(::syscall(SYS_socket, family, SOCK_STREAM | SOCK_NONBLOCK, 0));
    return descriptor >= 0 && (::connect(descriptor, static_cast<const sockaddr*>(address), size) == 0 || true);
}

bool connects_tcp() {
    const sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    return connects(AF_INET, &address, sizeof address);
}

bool connects_unix() {
    const sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "/run/nothing"};
    return connects(AF_UNIX, &address, sizeof address);
}

bool executes() {
    const char* const arguments[] = {"true", nullptr};
    const char* const environment[] = {nullptr};
    ::execve("/bin/true", const_cast<char* const*>(arguments), const_cast<char* const*>(environment));
    return false;
}

bool executes_descriptor() {
    const int program = ::open("/bin/true", O_PATH);
    const char* const arguments[] = {"true", nullptr};
    ::syscall(SYS_execveat, program, "", arguments, nullptr, AT_EMPTY_PATH);
    return false;
}

bool forks(long flags) {
    const auto child = ::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) ::_exit(0);
    return child > 0;
}

bool forks_clone3() {
    struct { std::uint64_t words[11]; } arguments{};
    arguments.words[4] = SIGCHLD;
    const auto child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) ::_exit(0);
    return child > 0;
}

bool sets_up_ring() {
    char parameters[120] = {};
    return done(::syscall(SYS_io_uring_setup, 4, parameters));
}

bool reads_parent() {
    char byte = 0;
    static const char kTarget = 'x';   // at the same address in the parent, which forked this process
    iovec mine{&byte, 1};
    iovec theirs{const_cast<char*>(&kTarget), 1};
    return ::process_vm_readv(::getppid(), &mine, 1, &theirs, 1, 0) == 1;
}

bool loads_program() {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = 4;
    attributes.max_entries = 1;
    return done(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}

bool makes_code() { return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }

bool turns_data_into_code() {
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

bool disarms_alarm() {
    const itimerval never{};
    return ::setitimer(ITIMER_REAL, &never, nullptr) == 0;
}

bool limits_parent() {
    const rlimit none{0, 0};
    return ::prlimit(::getppid(), RLIMIT_CORE, &none, nullptr) == 0;
}

bool reads_status() {
    struct stat status {};
    return ::syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &status, 0) == 0;
}

bool opens_with_openat2() {
    struct { std::uint64_t flags, mode, resolve; } how{};
    return done(::syscall(437, AT_FDCWD, "/etc/passwd", &how, sizeof how));
}

/// The numbers of another ABI mean other calls: x32's getpid, and 32-bit getpid through the old gate.
#if defined(__x86_64__)
bool calls_x32() { return ::syscall(0x40000000 | SYS_getpid) > 0; }
bool calls_32_bit() {
    long result = 20;   // getpid
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return result > 0;
}
#endif

constexpr Attempt kAttempts[] = {
    {"open", [] { return done(::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)); }},
    {"open_self", [] { return done(::syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY)); }},
    {"open_path", [] { return done(::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_PATH)); }},
    {"open_directory", [] { return done(::syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY)); }},
    {"open_for_writing", [] { return done(::syscall(SYS_openat, AT_FDCWD, "/tmp/agentic-probe", O_WRONLY | O_CREAT, 0600)); }},
    {"open_temporary", [] { return done(::syscall(SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600)); }},
    {"openat2", opens_with_openat2},
    {"stat", reads_status},
    {"connect_tcp", connects_tcp},
    {"connect_unix", connects_unix},
    {"socket_pair", [] { int pair[2]; return ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0; }},
    {"exec", executes},
    {"exec_descriptor", executes_descriptor},
    {"ptrace_parent", [] { return ::ptrace(PTRACE_SEIZE, ::getppid(), nullptr, nullptr) == 0; }},
    {"read_parent", reads_parent},
    {"kill_parent", [] { return ::kill(::getppid(), 0) == 0; }},
    {"signal_parent_thread", [] { return ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0) == 0; }},
    {"fork", [] { return forks(SIGCHLD); }},
    {"clone3", forks_clone3},
    {"new_namespace", [] { return ::unshare(CLONE_NEWUSER) == 0; }},
    {"io_uring", sets_up_ring},
    {"bpf", loads_program},
    {"memfd", [] { return done(::syscall(SYS_memfd_create, "x", 0)); }},
    {"map_code", makes_code},
    {"protect_code", turns_data_into_code},
    {"unlink", [] { return ::syscall(SYS_unlinkat, AT_FDCWD, "/tmp/agentic-probe", 0) == 0 || errno == ENOENT; }},
    {"mkdir", [] { const bool made = ::syscall(SYS_mkdirat, AT_FDCWD, "/tmp/agentic-probe.d", 0700) == 0; return made || errno == EEXIST; }},
    {"disarm_alarm", disarms_alarm},
    {"ignore_signal", [] { return ::signal(SIGXCPU, SIG_IGN) != SIG_ERR; }},
    {"limit_parent", limits_parent},
    {"change_personality", [] { return ::syscall(SYS_personality, 0) >= 0; }},
    {"change_user", [] { return ::syscall(SYS_setresuid, -1, -1, -1) == 0; }},
#if defined(__x86_64__)
    {"x32_call", calls_x32},
    {"call_32_bit", calls_32_bit},
#endif
};

int print_names() {
    for (const auto& attempt : kAttempts) std::printf("%s\n", attempt.name);
    return 0;
}

[[noreturn]] void try_it(const Attempt& attempt, const Cell& cell, int parent, bool locked) {
    if (locked) {
        sandbox::close_descriptors_from(STDERR_FILENO + 1);
        sandbox::limit_resources(cell.limits, parent);
        sandbox::filter_calls(sandbox::Role::reader, cell.files);
    }
    ::_exit(attempt.run() ? 0 : 1);
}

}  // namespace

int probe(const sandbox::Limits& limits, const std::string& name, bool locked) {
    if (name.empty()) return print_names();
    for (const auto& attempt : kAttempts) {
        if (name != attempt.name) continue;
        int landlock = 0;
        Cell cell{.limits = limits};
        if (locked) cell = lock_in(limits, STDERR_FILENO + 1, landlock);
        const int parent = ::getpid();
        const int child = ::fork();
        if (child == 0) try_it(attempt, cell, parent, locked);
        int status = 0;
        ::waitpid(child, &status, 0);
        std::puts(WIFSIGNALED(status) ? "killed" : WEXITSTATUS(status) == 0 ? "through" : "refused");
        return 0;
    }
    return 2;
}

}  // namespace agentic::extract
#endif

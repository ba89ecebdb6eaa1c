// Seccomp filters, written as the kernel's own BPF: they are short tables, and a library would be one more thing to trust.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include "extract/sandbox/sandbox.hpp"

namespace agentic::extract::sandbox {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the numbers of system calls are checked for x86-64 and AArch64 only"
#endif

/// Memory, time, its own descriptors, its own end.
constexpr int kAllowed[] = {
    SYS_read, SYS_readv, SYS_pread64, SYS_write, SYS_writev, SYS_lseek, SYS_fstat, SYS_close, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex,
    SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom, SYS_getpid, SYS_gettid, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_exit, SYS_exit_group, SYS_restart_syscall,
};
/// What serving takes on top: its socket, and the processes that read documents. They inherit this filter and put the narrower one over it.
constexpr int kServing[] = {
    SYS_recvmsg, SYS_sendto, SYS_wait4, SYS_waitid, SYS_ppoll, SYS_pidfd_open, SYS_set_robust_list, SYS_prctl, SYS_prlimit64, SYS_setitimer, SYS_getppid, SYS_close_range,
    SYS_dup3, SYS_seccomp, SYS_rseq, SYS_set_tid_address,
#ifdef SYS_poll
    SYS_poll,
#endif
};
/// No library calls these while it reads a document: whoever does has taken the process over, and it ends there and then.
constexpr int kHostile[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
    SYS_sendmsg, SYS_sendmmsg, SYS_recvmmsg, SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal, SYS_pidfd_getfd, SYS_io_uring_setup,
    SYS_io_uring_enter, SYS_io_uring_register, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
    SYS_setns, SYS_unshare, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_open_by_handle_at, SYS_name_to_handle_at,
    SYS_memfd_create, SYS_personality, SYS_quotactl, SYS_acct, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups, SYS_capset,
    SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_mkdirat, SYS_mknodat, SYS_linkat, SYS_symlinkat, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_truncate, SYS_ftruncate,
};

/// A filter is a straight list: each check falls through to the next, and the last line decides what nobody named.
class Filter {
public:
    Filter() {
        load(offsetof(seccomp_data, arch));
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
        code_.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));   // another architecture's numbers mean other calls
        load(offsetof(seccomp_data, nr));
    }

    void on(std::span<const int> calls, unsigned action) {
        for (const int call : calls) on(call, action);
    }

    void on(int call, unsigned action) {
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
        code_.push_back(BPF_STMT(BPF_RET | BPF_K, action));
    }

    /// `yes` when argument `index` is `value` in the bits of `mask`, otherwise `no`. Looks at the lower half: all these arguments are ints.
    void on_argument(int call, unsigned index, unsigned mask, unsigned value, unsigned yes, unsigned no) {
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 5));
        load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
        code_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
        code_.push_back(BPF_STMT(BPF_RET | BPF_K, yes));
        code_.push_back(BPF_STMT(BPF_RET | BPF_K, no));
    }

    void install(unsigned otherwise) {
        code_.push_back(BPF_STMT(BPF_RET | BPF_K, otherwise));
        const sock_fprog program{.len = static_cast<unsigned short>(code_.size()), .filter = code_.data()};
        if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) throw std::runtime_error("the kernel took no system-call filter");
    }

private:
    void load(std::size_t offset) { code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset))); }

    std::vector<sock_filter> code_;
};

constexpr unsigned kAllow = SECCOMP_RET_ALLOW;
constexpr unsigned kKill = SECCOMP_RET_KILL_PROCESS;
constexpr unsigned refuse(int error) { return SECCOMP_RET_ERRNO | static_cast<unsigned>(error); }

void add_memory_rules(Filter& filter) {   // no memory that is code, now or later
    filter.on_argument(SYS_mmap, 2, PROT_EXEC, 0, kAllow, kKill);
    filter.on_argument(SYS_mprotect, 2, PROT_EXEC, 0, kAllow, kKill);
}

void add_file_rules(Filter& filter, bool files) {
    constexpr unsigned kReadOnly = O_RDONLY;
    filter.on_argument(SYS_openat, 2, ~static_cast<unsigned>(O_CLOEXEC), kReadOnly, files ? kAllow : refuse(EACCES), refuse(EACCES));
    filter.on_argument(SYS_fcntl, 1, ~3U, 0, kAllow, refuse(EPERM));   // F_DUPFD, F_GETFD, F_SETFD, F_GETFL
    filter.on(SYS_newfstatat, refuse(EACCES));                         // a library that asks whether a path exists hears no
}

}  // namespace

void filter_calls(Role role, bool files) {
    Filter filter;
    filter.on(kHostile, kKill);
    filter.on(kAllowed, kAllow);
    if (kSanitized) filter.on(SYS_pipe2, kAllow);
#ifdef SYS_pipe
    if (kSanitized) filter.on(SYS_pipe, kAllow);
#endif
    add_memory_rules(filter);
    add_file_rules(filter, files);
    if (role == Role::server) {
        filter.on(kServing, kAllow);
        constexpr unsigned kForbidden = 0x7E020000 | 0x00000F00 /* all new namespaces, VM, FS, FILES, SIGHAND */;
        filter.on_argument(SYS_clone, 0, kForbidden, 0, kAllow, kKill);
        filter.on(SYS_clone3, refuse(ENOSYS));   // its flags cannot be looked at: the C library falls back to clone
        filter.on(SYS_tgkill, kAllow);
    } else {
        filter.on(SYS_clone, kKill);
        filter.on(SYS_clone3, kKill);
        filter.on_argument(SYS_tgkill, 0, ~0U, static_cast<unsigned>(::getpid()), kAllow, kKill);   // abort() signals itself
    }
    filter.install(refuse(EPERM));   // what no one thought of fails as if forbidden: libraries take that, and nothing is gained by it
}

}  // namespace agentic::extract::sandbox

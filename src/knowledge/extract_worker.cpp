#include "knowledge/extract_worker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "knowledge/extract_wire.hpp"

namespace agentic::knowledge {
namespace {

std::unexpected<Error> unavailable(const std::string& what, int error) {
    return fail(ErrorCode::unavailable, "Documents cannot be read at the moment; try again shortly", what + ": " + std::system_category().message(error));
}

struct Actions {
    Actions() { ::posix_spawn_file_actions_init(&value); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    posix_spawn_file_actions_t value;
};

struct Attributes {
    Attributes() { ::posix_spawnattr_init(&value); }
    ~Attributes() { ::posix_spawnattr_destroy(&value); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    posix_spawnattr_t value;
};

/// Signals as a program expects them: none blocked or ignored, whatever this thread does with its own.
void reset_signals(Attributes& attributes) {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes.value, &none);
    ::posix_spawnattr_setsigdefault(&attributes.value, &all);
    ::posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int spawn(const std::filesystem::path& program, const ExtractLimits& limits, int socket, pid_t& process) {
    Actions actions;
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::posix_spawn_file_actions_addopen(&actions.value, descriptor, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions.value, socket, wire::kControlDescriptor);
    ::posix_spawn_file_actions_addclosefrom_np(&actions.value, wire::kControlDescriptor + 1);
    Attributes attributes;
    reset_signals(attributes);
    std::array<std::string, 8> words{program.string(), "--serve", "--cpu-s", std::to_string(limits.cpu.count()), "--wall-s", std::to_string(limits.wall.count()), "--memory-mib",
                                     std::to_string(limits.memory_mib)};
    std::array<char*, words.size() + 1> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    char* const environment[] = {nullptr};
    return ::posix_spawn(&process, words[0].c_str(), &actions.value, &attributes.value, arguments.data(), environment);
}

}  // namespace

Result<std::unique_ptr<ExtractWorker>> ExtractWorker::start(const std::filesystem::path& program, const ExtractLimits& limits) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return unavailable("socketpair", errno);
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
    // dup2 onto itself would keep the close-on-exec mark.
    const int theirs = pair[1] == wire::kControlDescriptor ? ::fcntl(pair[1], F_DUPFD_CLOEXEC, wire::kControlDescriptor + 1) : pair[1];
    pid_t process = -1;
    const int error = spawn(program, limits, theirs, process);
    ::close(pair[1]);
    if (theirs != pair[1]) ::close(theirs);
    if (error != 0) {
        ::close(pair[0]);
        return unavailable("starting " + program.string(), error);
    }
    return std::unique_ptr<ExtractWorker>(new ExtractWorker(process, pair[0]));
}

ExtractWorker::~ExtractWorker() {
    ::close(control_);
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace agentic::knowledge

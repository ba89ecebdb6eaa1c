#include "extract/serve.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "extract/extract.hpp"
#include "knowledge/extraction_failure.hpp"

namespace agentic::extract {
namespace {

namespace wire = knowledge::wire;

template <class T>
bool send_one(const T& message) {
    return ::send(wire::kControlDescriptor, &message, sizeof message, MSG_NOSIGNAL) == sizeof message;
}

/// The descriptors that came with a datagram; of a malformed one they are closed.
bool take_descriptors(const msghdr& header, Job& job) {
    int taken[2] = {-1, -1};
    const auto* control = CMSG_FIRSTHDR(&header);
    const bool whole = control != nullptr && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS && control->cmsg_len == CMSG_LEN(sizeof taken);
    if (!whole) return false;
    std::memcpy(taken, CMSG_DATA(control), sizeof taken);
    job.document = taken[0];
    job.result = taken[1];
    return true;
}

/// Nothing when the server has closed its end, or said what it never says.
std::optional<Job> receive() {
    char bytes[sizeof(wire::JobHead) + 2 * wire::kNameBytesMax];
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
    iovec part{.iov_base = bytes, .iov_len = sizeof bytes};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t got = 0;
    while ((got = ::recvmsg(wire::kControlDescriptor, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    wire::JobHead head;
    if (got < static_cast<ssize_t>(sizeof head)) return std::nullopt;
    std::memcpy(&head, bytes, sizeof head);
    Job job;
    const bool fits = head.magic == wire::kJob && static_cast<std::size_t>(got) == sizeof head + head.name_bytes + head.type_bytes;
    if (!fits || !take_descriptors(header, job)) return std::nullopt;
    job.file_name.assign(bytes + sizeof head, head.name_bytes);
    job.declared_type.assign(bytes + sizeof head + head.name_bytes, head.type_bytes);
    return job;
}

wire::JobStatus run(const Job& job, const Cell& cell) {
    const int reader = start_reader(job, cell);
    ::close(job.document);
    ::close(job.result);
    if (reader > 0) return wait_for_reader(reader, wire::kControlDescriptor);
    wire::JobStatus failed;
    failed.outcome = 1 + static_cast<std::uint8_t>(knowledge::ExtractionFailure::crashed);
    return failed;
}

}  // namespace

Cell lock_in(const sandbox::Limits& limits, int first_descriptor_to_close, int& landlock) {
    prepare();
    sandbox::close_descriptors_from(first_descriptor_to_close);
    sandbox::give_up_privileges();
    landlock = sandbox::restrict_files(kFontTables);
    sandbox::filter_calls(sandbox::Role::server, landlock > 0);
    return {.limits = limits, .files = landlock > 0};
}

int serve(const sandbox::Limits& limits) {
    int landlock = 0;
    const auto cell = lock_in(limits, wire::kControlDescriptor + 1, landlock);
    wire::WorkerHello hello;
    hello.landlock = static_cast<std::uint8_t>(landlock);
    if (!send_one(hello)) return 1;
    while (const auto job = receive()) {
        if (!send_one(run(*job, cell))) return 1;
    }
    return 0;
}

int read_once(const sandbox::Limits& limits, const std::string& file_name, const std::string& declared_type) {
    int landlock = 0;
    const auto cell = lock_in(limits, STDERR_FILENO + 1, landlock);
    if (landlock == 0) std::fputs("agentic-extract: this kernel has no Landlock; files are kept out by the system-call filter alone\n", stderr);
    const int reader = start_reader({.document = STDIN_FILENO, .result = STDOUT_FILENO, .file_name = file_name, .declared_type = declared_type}, cell);
    const auto status = wait_for_reader(reader, -1);
    if (status.outcome == 0) return 0;
    const auto reason = static_cast<knowledge::ExtractionFailure>(status.outcome - 1);
    std::fprintf(stderr, "agentic-extract: %s: %s (signal %d)\n", to_string(reason).data(), message_of(reason).data(), status.signal);
    return knowledge::kFailureExit + static_cast<int>(reason);
}

}  // namespace agentic::extract

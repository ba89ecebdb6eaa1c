#include "extract/reader_process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>

#include "extract/extract.hpp"
#include "extract/failed.hpp"
#include "extract/result_writer.hpp"

namespace agentic::extract {
namespace {

using knowledge::ExtractionFailure;
namespace wire = knowledge::wire;

constexpr std::size_t kPipedBytesMax = std::size_t{256} << 20;

int exit_code(ExtractionFailure failure) { return knowledge::kFailureExit + static_cast<int>(failure); }

/// Libraries in C abort when memory runs out; errno still says so then.
void on_abort(int) { ::_exit(exit_code(errno == ENOMEM ? ExtractionFailure::memory_limit : ExtractionFailure::crashed)); }

/// A file is mapped, anything else read to its end. The mapping stays until the process ends.
std::string_view load(int descriptor, std::string& buffer) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        const auto size = static_cast<std::size_t>(status.st_size);
        if (size == 0) return {};
        const void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (at == MAP_FAILED) fail_with(ExtractionFailure::memory_limit);
        return {static_cast<const char*>(at), size};
    }
    constexpr std::size_t kPiece = 1 << 16;
    while (true) {
        const auto before = buffer.size();
        if (before > kPipedBytesMax) fail_with(ExtractionFailure::too_large);
        buffer.resize(before + kPiece);
        const auto got = ::read(descriptor, buffer.data() + before, kPiece);
        buffer.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got < 0 && errno != EINTR) fail_with(ExtractionFailure::malformed);
        if (got == 0) return buffer;
    }
}

int read_document(const Job& job) {
    try {
        std::string buffer;
        const auto document = extract({.bytes = load(STDIN_FILENO, buffer), .file_name = job.file_name, .declared_type = job.declared_type});
        return write_result(STDOUT_FILENO, document) ? 0 : exit_code(ExtractionFailure::crashed);
    } catch (const Failed& failed) {
        return exit_code(failed.reason);
    } catch (const std::bad_alloc&) {
        return exit_code(ExtractionFailure::memory_limit);
    } catch (const std::exception&) {
        return exit_code(ExtractionFailure::crashed);
    }
}

void put(int descriptor, int where) {
    if (descriptor != where && ::dup3(descriptor, where, 0) < 0) throw std::runtime_error("a descriptor could not be put in its place");
}

[[noreturn]] void run_reader(const Job& job, const Cell& cell, int parent) {
    try {
        ::signal(SIGABRT, on_abort);
        ::signal(SIGPIPE, SIG_DFL);
        put(job.document, STDIN_FILENO);
        put(job.result, STDOUT_FILENO);
        sandbox::close_descriptors_from(STDERR_FILENO + 1);
        sandbox::limit_resources(cell.limits, parent);
        sandbox::filter_calls(sandbox::Role::reader, cell.files);
    } catch (...) {
        ::_exit(exit_code(ExtractionFailure::crashed));
    }
    ::_exit(read_document(job));   // no destructors: they would walk what a hostile document has built
}

ExtractionFailure failure_of_signal(int signal) {
    const bool time = signal == SIGXCPU || signal == SIGALRM;
    return time ? ExtractionFailure::time_limit : signal == SIGXFSZ ? ExtractionFailure::too_large : ExtractionFailure::crashed;
}

wire::JobStatus status_of(int status, const rusage& usage) {
    wire::JobStatus out;
    const auto microseconds = [](const timeval& t) { return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_usec); };
    out.cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    out.rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
    const auto failed = [&](ExtractionFailure reason) { out.outcome = static_cast<std::uint8_t>(1 + static_cast<int>(reason)); };
    if (WIFSIGNALED(status)) {
        out.signal = static_cast<std::uint8_t>(WTERMSIG(status));
        failed(failure_of_signal(WTERMSIG(status)));
    } else if (const int code = WEXITSTATUS(status); code != 0) {
        const int reason = code - knowledge::kFailureExit;
        const bool known = reason >= 0 && reason <= static_cast<int>(ExtractionFailure::crashed);
        failed(known ? static_cast<ExtractionFailure>(reason) : ExtractionFailure::crashed);
    }
    return out;
}

/// Returns when the reader has ended; does not return when the one who asked has gone.
void wait_for_end(int reader, int control) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, reader, 0));
    if (handle < 0) return;   // an old kernel: wait4 alone, and the alarm bounds it
    pollfd watched[] = {{.fd = handle, .events = POLLIN, .revents = 0}, {.fd = control, .events = 0, .revents = 0}};
    while (watched[0].revents == 0) {
        if (::poll(watched, control < 0 ? 1 : 2, -1) < 0 && errno != EINTR) break;
        if ((watched[1].revents & (POLLHUP | POLLERR)) != 0) ::_exit(0);   // the reader's parent-death signal does the rest
    }
    ::close(handle);
}

}  // namespace

int start_reader(const Job& job, const Cell& cell) {
    const int parent = ::getpid();
    const int reader = ::fork();
    if (reader == 0) run_reader(job, cell, parent);
    return reader;
}

wire::JobStatus wait_for_reader(int reader, int control) {
    wait_for_end(reader, control);
    int status = 0;
    rusage usage{};
    while (::wait4(reader, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    return status_of(status, usage);
}

}  // namespace agentic::extract

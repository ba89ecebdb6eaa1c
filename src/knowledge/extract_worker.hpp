#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/error.hpp"

namespace agentic::knowledge {

struct ExtractLimits {
    std::chrono::seconds wall{30};   // of one document
    std::chrono::seconds cpu{25};
    unsigned memory_mib = 512;       // address space of the process that reads it
};

/// A running `agentic-extract --serve` and this end of its socket. It reads one document at a time, each in a process of its own.
class ExtractWorker {
public:
    /// Starts one with an empty environment and no descriptors but its socket. Blocks for about a millisecond. The worker greets when it has locked
    /// itself in, which takes some tens of milliseconds; a job may be sent before.
    static Result<std::unique_ptr<ExtractWorker>> start(const std::filesystem::path& program, const ExtractLimits& limits);

    /// Kills it, and with it the process that reads a document, and waits for its end: a few milliseconds, more when much memory is to be freed.
    ~ExtractWorker();
    ExtractWorker(const ExtractWorker&) = delete;
    ExtractWorker& operator=(const ExtractWorker&) = delete;

    /// SOCK_SEQPACKET, non-blocking; stays the worker's.
    int control() const { return control_; }
    pid_t process() const { return process_; }

    bool greeted = false;
    unsigned documents = 0;   // read so far

private:
    ExtractWorker(pid_t process, int control) : process_(process), control_(control) {}

    pid_t process_;
    int control_;
};

}  // namespace agentic::knowledge

#pragma once
#include <string>

#include "async/descriptor.hpp"
#include "async/types.hpp"
#include "core/clock.hpp"
#include "knowledge/extract_wire.hpp"
#include "knowledge/extract_worker.hpp"

namespace agentic::knowledge {

/// What a worker made of one document.
struct JobOutcome {
    wire::JobStatus status;
    std::string result;   // unchecked; whole only when status says so
};

/// Gives `worker` one document and waits for its status and its result, at most the limits' time and a little for the worker itself. Every error means that the
/// worker is no longer fit for use. `landlock` is set when the worker greets during this job.
Task<JobOutcome> run_job(ExtractWorker& worker, async::Descriptor document, std::string file_name, std::string declared_type, std::chrono::seconds limit, int& landlock);

}  // namespace agentic::knowledge

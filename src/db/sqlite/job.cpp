#include "db/sqlite/job.hpp"

namespace agentic::db::sqlite {

Error busy(std::string context) {
    return {.code = ErrorCode::unavailable, .public_message = "The database is busy; try again shortly", .internal_context = std::move(context), .violations = {}, .retry_after_s = 1};
}

void Job::fail_if_late(std::chrono::milliseconds limit) {
    if (std::chrono::steady_clock::now() - queued > limit) error = busy("nobody had time for it");
}

void complete(std::span<Job* const> jobs) {
    std::size_t begin = 0;
    while (begin < jobs.size()) {
        const auto home = jobs[begin]->home->get_executor();
        std::size_t end = begin + 1;
        for (; end < jobs.size() && jobs[end]->home->get_executor() == home; ++end) jobs[end - 1]->next = jobs[end];
        jobs[end - 1]->next = nullptr;
        asio::post(home, [job = jobs[begin]]() mutable {
            while (job != nullptr) {
                Job* const next = job->next;  // resuming destroys the job
                auto resume = std::move(job->resume);
                job->home.reset();
                resume();
                job = next;
            }
        });
        begin = end;
    }
}

}  // namespace agentic::db::sqlite

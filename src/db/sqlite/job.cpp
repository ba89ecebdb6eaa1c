#include "db/sqlite/job.hpp"

namespace agentic::db::sqlite {

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

#include "knowledge/extractor_pool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "async/offload.hpp"
#include "core/log.hpp"
#include "knowledge/extract_job.hpp"
#include "knowledge/extract_result.hpp"

namespace agentic::knowledge {
namespace {

/// The end of a name says what it is, so the end stays when one is too long.
std::string tail(std::string text) {
    if (text.size() > wire::kNameBytesMax) text.erase(0, text.size() - wire::kNameBytesMax);
    return text;
}

Awaitable<bool> is_cancelled() { co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none; }

std::unexpected<Error> cancelled() { return fail(ErrorCode::cancelled, "Reading the file was cancelled"); }

}  // namespace

/// A place among the busy ones, and the worker in it: given back when the job ends, killed when it does not end well.
class ExtractorPool::Lease {
public:
    explicit Lease(ExtractorPool& pool) : pool_(pool) {}
    ~Lease() { pool_.release(std::move(worker), reusable); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    std::unique_ptr<ExtractWorker> worker;
    bool reusable = false;

private:
    ExtractorPool& pool_;
};

struct ExtractorPool::Source {
    std::filesystem::path file;
    std::string file_name;
    std::string declared_type;
};

struct ExtractorPool::Opened {
    async::Descriptor document;
    std::unique_ptr<ExtractWorker> worker;
};

ExtractorPool::ExtractorPool(ExtractorSettings settings, async::WorkPool& blocking, const Clock& clock)
    : settings_(std::move(settings)), blocking_(blocking), clock_(clock) {}

ExtractorPool::~ExtractorPool() = default;

std::filesystem::path ExtractorPool::default_program() { return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "agentic-extract"; }

std::vector<pid_t> ExtractorPool::idle_processes() const {
    const std::lock_guard lock(mutex_);
    std::vector<pid_t> out;
    for (const auto& worker : idle_) out.push_back(worker->process());
    return out;
}

/// Waits for a place. False when there was none in time, or the wait was cancelled.
Awaitable<bool> ExtractorPool::acquire() {
    const auto until = clock_.steady() + settings_.queue_wait;
    auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
    bool rung = false;
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (busy_ < settings_.workers && (rung || waiting_.empty())) {
                ++busy_;
                co_return true;
            }
            waiting_.push_back(wakeup);
        }
        rung = co_await wakeup->wait(until);
        const bool gone = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
        const std::lock_guard lock(mutex_);
        const bool queued = std::erase(waiting_, wakeup) > 0;
        if (rung && !gone) continue;
        if (!queued) ring_next();   // the ring was for this one, which does not want it any more
        co_return false;
    }
}

/// Under the mutex.
void ExtractorPool::ring_next() {
    if (waiting_.empty()) return;
    waiting_.front()->ring();
    waiting_.pop_front();
}

void ExtractorPool::release(std::unique_ptr<ExtractWorker> worker, bool reusable) {
    const bool keep = worker && reusable && worker->documents < settings_.documents_per_worker;
    if (worker && !keep) dispose(std::move(worker));
    const std::lock_guard lock(mutex_);
    if (keep) idle_.push_back(std::move(worker));
    --busy_;
    ring_next();
}

/// Ends a worker away from the loop, since its end has to be waited for.
void ExtractorPool::dispose(std::unique_ptr<ExtractWorker> worker) {
    blocking_.submit([worker = std::move(worker)]() mutable { worker.reset(); });   // a refused task dies here and waits after all
}

std::unique_ptr<ExtractWorker> ExtractorPool::take_idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
}

Result<ExtractorPool::Opened> ExtractorPool::open(const std::filesystem::path& file, std::unique_ptr<ExtractWorker> worker) const {
    async::Descriptor document(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (document.get() < 0) return fail(ErrorCode::internal_error, "Reading the file failed", "opening " + file.string() + ": " + std::system_category().message(errno));
    struct stat status {};
    if (::fstat(document.get(), &status) != 0 || !S_ISREG(status.st_mode)) return fail(ErrorCode::internal_error, "Reading the file failed", file.string() + " is no file");
    if (!worker) {
        AGENTIC_TRY(worker, ExtractWorker::start(settings_.program, settings_.limits));
    }
    return Opened{std::move(document), std::move(worker)};
}

/// One document through one worker. The lease has the worker then, also when it is of no more use.
Task<JobOutcome> ExtractorPool::attempt(Lease& lease, Source source) {
    auto prepared = co_await async::offload(blocking_, [&] { return open(source.file, std::move(lease.worker)); });
    if (!prepared) co_return std::unexpected(std::move(prepared).error());
    if (!*prepared) co_return std::unexpected(std::move(*prepared).error());
    lease.worker = std::move((*prepared)->worker);
    int landlock = -1;
    auto outcome = co_await run_job(*lease.worker, std::move((*prepared)->document), std::move(source.file_name), std::move(source.declared_type), settings_.limits.wall, landlock);
    if (landlock == 0 && !warned_.exchange(true)) log::warning("extract_without_landlock", "This kernel has no Landlock; extraction is confined by seccomp alone");
    lease.reusable = outcome.has_value();
    co_return outcome;
}

Task<ExtractedDocument> ExtractorPool::extract(std::filesystem::path file, std::string file_name, std::string declared_type) try {
    if (!co_await acquire()) {
        if (co_await is_cancelled()) co_return cancelled();
        co_return fail(ErrorCode::unavailable, "Too many documents are waiting to be read; try again later");
    }
    Lease lease(*this);
    const Source source{std::move(file), tail(std::move(file_name)), tail(std::move(declared_type))};
    lease.worker = take_idle();
    const bool waited = lease.worker != nullptr;
    auto outcome = co_await attempt(lease, source);
    if (!outcome && waited && outcome.error().code == ErrorCode::unavailable) {   // it may have ended while it was idle: that is nobody's fault
        dispose(std::move(lease.worker));
        outcome = co_await attempt(lease, source);
    }
    if (!outcome) co_return std::unexpected(std::move(outcome).error());
    if (outcome->status.outcome != 0) {
        const auto reason = static_cast<ExtractionFailure>(std::min<int>(outcome->status.outcome - 1, static_cast<int>(ExtractionFailure::crashed)));
        co_return extraction_error(reason, "signal " + std::to_string(outcome->status.signal) + ", " + std::to_string(outcome->status.cpu_us / 1000) + " ms of CPU");
    }
    auto document = co_await async::offload(blocking_, [&] { return read_extract_result(outcome->result); });
    if (!document) co_return std::unexpected(std::move(document).error());
    co_return *std::move(document);
} catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) co_return cancelled();
    throw;
}

}  // namespace agentic::knowledge

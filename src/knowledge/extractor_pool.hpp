#pragma once
#include <atomic>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "async/wakeup.hpp"
#include "async/work_pool.hpp"
#include "core/clock.hpp"
#include "knowledge/document_extractor.hpp"
#include "knowledge/extract_worker.hpp"

namespace agentic::knowledge {

struct JobOutcome;

struct ExtractorSettings {
    std::filesystem::path program;                  // `agentic-extract`
    std::size_t workers = 2;                        // documents at once
    unsigned documents_per_worker = 1000;           // then a fresh one takes its place
    ExtractLimits limits;
    std::chrono::seconds queue_wait{600};           // for a free worker, before `unavailable`
};

/// Reads documents in `agentic-extract` processes that wait ready, started when they are first needed. A document costs its worker one fork; whatever it
/// does ends with that process, and a worker that ends itself is replaced. Thread-safe; usable from every I/O thread.
class ExtractorPool final : public DocumentExtractor {
public:
    /// `blocking` opens files and starts and reaps processes; it outlives the pool, as `clock` does.
    ExtractorPool(ExtractorSettings settings, async::WorkPool& blocking, const Clock& clock);
    ~ExtractorPool() override;   // no extraction may be running

    /// The program beside the running executable.
    static std::filesystem::path default_program();

    Task<ExtractedDocument> extract(std::filesystem::path file, std::string file_name, std::string declared_type) override;

    /// Ids of the worker processes that wait for a document, for tests and statistics.
    std::vector<pid_t> idle_processes() const;

private:
    class Lease;
    struct Source;
    struct Opened;

    Awaitable<bool> acquire();
    void ring_next();
    Task<JobOutcome> attempt(Lease& lease, Source source);
    void release(std::unique_ptr<ExtractWorker> worker, bool reusable);
    Result<Opened> open(const std::filesystem::path& file, std::unique_ptr<ExtractWorker> worker) const;
    std::unique_ptr<ExtractWorker> take_idle();
    void dispose(std::unique_ptr<ExtractWorker> worker);

    ExtractorSettings settings_;
    async::WorkPool& blocking_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<ExtractWorker>> idle_;
    std::deque<std::shared_ptr<async::Wakeup>> waiting_;
    std::size_t busy_ = 0;
    std::atomic<bool> warned_ = false;   // that this kernel has no Landlock
};

}  // namespace agentic::knowledge

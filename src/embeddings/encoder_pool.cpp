#include "embeddings/encoder_pool.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "async/wakeup.hpp"

namespace agentic::embeddings {

/// One call of run(). Its fields belong to the lane's lock, except for a sequence that a pass has taken.
struct EncoderPool::Job {
    PoolModel& model;
    std::vector<std::string> texts;
    Purpose purpose;
    std::shared_ptr<async::Wakeup> waiting;
    std::size_t bytes = 0;
    bool is_split = false;
    std::vector<SplitTexts::Sequence> sequences;
    std::size_t next = 0, open = 0;  // sequence to take; sequences without a vector
    EmbeddedTexts made;               // its rows are written by passes, without the lock
    Result<EmbeddedTexts> out = EmbeddedTexts{};
    std::atomic<bool> is_done = false;
    std::atomic<bool> is_abandoned = false;
};

/// Sequences of one model that go through the encoder together.
struct EncoderPool::Pass {
    std::vector<std::pair<std::shared_ptr<Job>, std::size_t>> parts;  // job, sequence
    std::size_t tokens = 0;
};

class EncoderPool::Lane {
public:
    Lane(std::string name, const EncoderPoolOptions& options, async::Priority priority)
        : options_(options), pool_(std::move(name), options.threads, options.threads, priority) {}

    ~Lane() {
        const std::lock_guard lock(mutex_);
        jobs_.clear();  // whoever waited for them is gone: the server has drained
    }

    bool submit(std::shared_ptr<Job> job) {
        {
            const std::lock_guard lock(mutex_);
            if (queued_bytes_ > 0 && queued_bytes_ + job->bytes > options_.queue_limit_bytes) return false;
            queued_bytes_ += job->bytes;
            jobs_.push_back(std::move(job));
        }
        wake();
        return true;
    }

private:
    // One more worker, unless all are at work: those look for work again before they end.
    void wake() {
        {
            const std::lock_guard lock(mutex_);
            if (workers_ >= options_.threads) return;
            ++workers_;
        }
        if (!pool_.submit([this] { work(); })) {
            const std::lock_guard lock(mutex_);
            --workers_;
        }
    }

    void work() {
        while (true) {
            std::shared_ptr<Job> unsplit;
            Pass pass;
            bool more = false;
            {
                const std::lock_guard lock(mutex_);
                drop_abandoned();
                if (jobs_.empty()) {
                    --workers_;
                    return;
                }
                if (!jobs_.front()->is_split) {
                    unsplit = std::move(jobs_.front());
                    jobs_.pop_front();
                } else {
                    pass = take();
                }
                more = !jobs_.empty();
            }
            if (more) wake();
            if (unsplit) split(unsplit);
            else run(pass);
        }
    }

    void split(const std::shared_ptr<Job>& job) {
        std::vector<SplitTexts::Sequence> sequences;
        EmbeddedTexts out;
        try {
            if (const auto loaded = job->model.load(); !loaded) return finish(job, std::unexpected(loaded.error()));
            auto texts = job->model.split(job->texts, job->purpose);
            sequences = std::move(texts.sequences);
            out.first = std::move(texts.first);
            out.vectors.dimensions = job->model.width();
            out.vectors.values.resize(sequences.size() * out.vectors.dimensions);
        } catch (const std::exception& error) {
            return finish(job, fail(ErrorCode::internal_error, "The text could not be embedded", error.what()));
        }
        if (sequences.empty()) return finish(job, std::move(out));
        const std::lock_guard lock(mutex_);
        job->open = sequences.size();
        job->sequences = std::move(sequences);
        job->made = std::move(out);
        job->is_split = true;
        jobs_.push_back(job);
    }

    // Sequences of the jobs in turn, one from each, until the pass is full. Under the lock.
    Pass take() {
        Pass pass;
        const auto* model = &jobs_.front()->model;
        for (std::size_t skipped = 0; skipped < jobs_.size() && pass.tokens < options_.pass_tokens;) {
            auto job = std::move(jobs_.front());
            jobs_.pop_front();
            if (!job->is_split || &job->model != model) {
                jobs_.push_back(std::move(job));
                ++skipped;
                continue;
            }
            skipped = 0;
            pass.tokens += job->sequences[job->next].ids.size();
            pass.parts.emplace_back(job, job->next);
            if (++job->next < job->sequences.size()) jobs_.push_back(std::move(job));
        }
        return pass;
    }

    void run(const Pass& pass) {
        std::string failure;
        try {
            auto& model = pass.parts.front().first->model;
            const auto width = model.width();
            std::vector<TokenSequence> sequences;
            for (const auto& [job, index] : pass.parts) sequences.push_back({job->sequences[index].ids, job->sequences[index].second});
            std::vector<float> rows(sequences.size() * width);
            model.run(sequences, rows.data());
            for (std::size_t i = 0; i < pass.parts.size(); ++i) {
                const auto& [job, index] = pass.parts[i];
                std::copy_n(rows.data() + i * width, width, job->made.vectors.values.data() + index * width);
            }
        } catch (const std::exception& error) {
            failure = error.what();
        }
        std::vector<std::shared_ptr<Job>> ended;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [job, index] : pass.parts) {
                const bool is_whole = --job->open == 0;
                if (failure.empty()) {
                    if (is_whole && settle(*job, std::move(job->made))) ended.push_back(job);
                } else {
                    job->is_abandoned = true;
                    if (settle(*job, fail(ErrorCode::internal_error, "The text could not be embedded", failure))) ended.push_back(job);
                }
            }
        }
        for (const auto& job : ended) job->waiting->ring();
    }

    void finish(const std::shared_ptr<Job>& job, Result<EmbeddedTexts> out) {
        {
            const std::lock_guard lock(mutex_);
            if (!settle(*job, std::move(out))) return;
        }
        job->waiting->ring();
    }

    // The outcome, and that there is one; under the lock that abandons a job, or another thread would drop it as one without an outcome, and nobody would ring.
    // False when it has one already.
    bool settle(Job& job, Result<EmbeddedTexts> out) {
        if (job.is_done) return false;
        queued_bytes_ -= job.bytes;
        job.out = std::move(out);
        job.is_done = true;
        return true;
    }

    // Under the lock. Passes that run hold their job; nobody reads what they write.
    void drop_abandoned() {
        std::erase_if(jobs_, [this](const std::shared_ptr<Job>& job) {
            if (!job->is_abandoned) return false;
            if (!job->is_done.exchange(true)) queued_bytes_ -= job->bytes;
            return true;
        });
    }

    const EncoderPoolOptions options_;
    std::mutex mutex_;
    std::deque<std::shared_ptr<Job>> jobs_;
    std::size_t queued_bytes_ = 0;
    std::size_t workers_ = 0;
    async::WorkPool pool_;  // last: its threads end first
};

EncoderPool::EncoderPool(EncoderPoolOptions options)
    : queries_(std::make_unique<Lane>("embed-query", options, async::Priority::normal)), documents_(std::make_unique<Lane>("embed-document", options, async::Priority::background)) {}

EncoderPool::~EncoderPool() = default;

Task<EmbeddedTexts> EncoderPool::run(PoolModel& model, std::vector<std::string> texts, Purpose purpose, std::chrono::steady_clock::time_point until) {
    auto job = std::make_shared<Job>(model, std::move(texts), purpose, async::Wakeup::create(co_await asio::this_coro::executor));
    for (const auto& text : job->texts) job->bytes += text.size() + 64;
    if (!(purpose == Purpose::query ? *queries_ : *documents_).submit(job)) {
        co_return fail(ErrorCode::unavailable, "Too many texts wait to be embedded; try again shortly", "embedding queue is full");
    }
    const std::shared_ptr<void> leaving(nullptr, [job](void*) { job->is_abandoned = true; });  // also when this coroutine is cancelled
    while (!job->is_done) {
        if (co_await job->waiting->wait(until)) continue;
        const bool is_cancelled = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
        if (is_cancelled) co_return fail(ErrorCode::cancelled, "The embedding was cancelled");
        co_return fail(ErrorCode::deadline_exceeded, "The model took too long");
    }
    co_return std::move(job->out);
}

}  // namespace agentic::embeddings

#include "db/sqlite/readers.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>

namespace agentic::db::sqlite {
namespace {

std::atomic<std::uint64_t> next_serial{1};

/// One snapshot for all steps of a job; a single statement is its own.
Result<void> run_in_snapshot(Connection& connection, const Job& job) {
    if (job.steps.size() == 1) return connection.run(job.scope, job.steps, job.rows);
    struct Snapshot {
        Connection& connection;
        ~Snapshot() {
            if (connection.in_transaction()) static_cast<void>(connection.control("ROLLBACK"));  // nothing was written
        }
    };
    AGENTIC_CHECK(connection.control("BEGIN"));
    const Snapshot snapshot{connection};
    return connection.run(job.scope, job.steps, job.rows);
}

void answer(Connection& connection, Job& job) {
    try {
        if (auto done = run_in_snapshot(connection, job); !done) job.error = std::move(done).error();
    } catch (...) {
        job.failure = std::current_exception();
    }
}

}  // namespace

Readers::Readers(const Options& options, std::shared_ptr<const FenceSchema> fence)
    : options_(options), fence_(std::move(fence)), serial_(next_serial++), queue_(options.queue_limit) {}

Result<std::unique_ptr<Readers>> Readers::create(const Options& options, std::shared_ptr<const FenceSchema> fence) {
    std::unique_ptr<Readers> readers(new Readers(options, std::move(fence)));
    if (options.inline_reads) return readers;
    const auto hardware = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < (options.reader_threads == 0 ? hardware : options.reader_threads); ++i) {
        AGENTIC_TRY(Connection* const connection, readers->add_connection());
        readers->threads_.emplace_back([self = readers.get(), connection] { self->serve(*connection); });
        ::pthread_setname_np(readers->threads_.back().native_handle(), "sqlite-reader");
    }
    return readers;
}

Readers::~Readers() { queue_.close(); }

bool Readers::runs_here(std::span<const Step> steps) const {
    return options_.inline_reads || std::ranges::all_of(steps, [](const Step& step) { return step.statement.by_key; });
}

Result<Connection*> Readers::add_connection() {
    AGENTIC_TRY(auto connection, Connection::open(options_, Connection::Role::reader));
    connection->set_fence(fence_);
    const std::lock_guard lock(mutex_);
    return connections_.emplace_back(std::move(connection)).get();
}

void Readers::serve(Connection& connection) {
    while (Job* const job = queue_.take_one()) {
        job->fail_if_late(options_.queue_timeout);
        if (job->succeeded()) answer(connection, *job);
        complete({&job, 1});
    }
}

Result<void> Readers::run_here(Job& job) {
    thread_local std::uint64_t owner = 0;
    thread_local Connection* mine = nullptr;
    if (owner != serial_) {
        AGENTIC_TRY(mine, add_connection());
        owner = serial_;
    }
    return run_in_snapshot(*mine, job);
}

}  // namespace agentic::db::sqlite

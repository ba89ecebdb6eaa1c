#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "async/types.hpp"

namespace agentic::async {

/// The I/O threads of the process, one single-threaded io_context each. The server, the database and the outbound client share them, so
/// that a request, its queries and its upstream calls stay on one thread. Declared before the work pools that post back to it.
class IoPool {
public:
    /// `name` shows in the thread list with the thread's index (15 characters). Contexts exist at once; threads run from start() on.
    IoPool(std::string name, std::size_t threads);
    ~IoPool();  // stop()
    IoPool(const IoPool&) = delete;
    IoPool& operator=(const IoPool&) = delete;

    std::size_t size() const { return loops_.size(); }
    IoExecutor executor(std::size_t index) { return loops_[index]->context.get_executor(); }

    /// The index of the calling thread in its pool; nullopt on any other thread.
    static std::optional<std::size_t> current();

    /// Both are idempotent. stop() abandons what is pending: whoever owns work on the pool ends it first.
    void start();
    void stop();
    bool running() const { return running_; }

private:
    struct Loop {
        asio::io_context context{1};  // concurrency hint: only one thread runs it, others post
        asio::executor_work_guard<IoExecutor> work{context.get_executor()};
    };

    static void run(Loop& loop, std::size_t index);

    std::string name_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::jthread> threads_;
    std::atomic<bool> running_ = false;
};

}  // namespace agentic::async

#include "async/io_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "async/scheduling.hpp"
#include "core/log.hpp"

namespace agentic::async {
namespace {

thread_local std::optional<std::size_t> current_index;

}  // namespace

IoPool::IoPool(std::string name, std::size_t threads) : name_(std::move(name)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) loops_.push_back(std::make_unique<Loop>());
}

IoPool::~IoPool() { stop(); }

std::optional<std::size_t> IoPool::current() { return current_index; }

void IoPool::start() {
    if (running_.exchange(true)) return;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        threads_.emplace_back([loop = loops_[i].get(), i] { run(*loop, i); });
        ::pthread_setname_np(threads_.back().native_handle(), (name_.substr(0, 12) + "-" + std::to_string(i)).c_str());
    }
}

void IoPool::stop() {
    if (!running_.exchange(false)) return;
    for (auto& loop : loops_) loop->context.stop();
    threads_.clear();
}

void IoPool::run(Loop& loop, std::size_t index) {
    current_index = index;
    prefer_short_turns();
    while (!loop.context.stopped()) {
        try {
            loop.context.run();
        } catch (const std::exception& e) {  // a bug of one completion handler must not end the thread every connection lives on
            log::error("io_thread_exception", "An exception reached the event loop", {{"what", e.what()}});
        }
    }
}

}  // namespace agentic::async

#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "core/error.hpp"

namespace agentic::embeddings {

/// Something that is made when it is first needed. A failure is not kept: the next call tries again. Thread-safe.
template <class T>
class LoadedOnce {
public:
    template <class Load>
    Result<const T*> get(Load&& load) {
        if (const auto* ready = ready_.load(std::memory_order_acquire)) return ready;
        const std::lock_guard lock(loading_);
        if (loaded_) return loaded_.get();
        AGENTIC_TRY(loaded_, std::forward<Load>(load)());
        ready_.store(loaded_.get(), std::memory_order_release);
        return loaded_.get();
    }

private:
    std::mutex loading_;
    std::unique_ptr<T> loaded_;
    std::atomic<const T*> ready_ = nullptr;
};

}  // namespace agentic::embeddings

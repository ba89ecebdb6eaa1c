#pragma once
#include <atomic>
#include <cstdint>
#include <utility>

namespace agentic::http {

/// The memory that the bodies of all requests under way may take together. They are read before anybody is asked who sends them, so without a common bound
/// strangers could fill the machine. Any thread.
class BodyMemory {
public:
    explicit BodyMemory(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

    /// What one request has taken of it. Comes back with release() alone, as a connection that is left behind by a stopped pool outlives the server.
    class Share {
    public:
        explicit Share(BodyMemory& memory) : memory_(memory) {}
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        /// False: there is no room, and the share stays as it was.
        bool grow_to(std::uint64_t bytes) {
            if (bytes <= bytes_) return true;
            const auto more = bytes - bytes_;
            if (memory_.taken_.fetch_add(more, std::memory_order_relaxed) + more > memory_.bytes_max_) {
                memory_.taken_.fetch_sub(more, std::memory_order_relaxed);
                return false;
            }
            bytes_ = bytes;
            return true;
        }
        void release() {
            if (const auto bytes = std::exchange(bytes_, 0); bytes > 0) memory_.taken_.fetch_sub(bytes, std::memory_order_relaxed);
        }

    private:
        BodyMemory& memory_;
        std::uint64_t bytes_ = 0;
    };

private:
    std::uint64_t bytes_max_;
    std::atomic<std::uint64_t> taken_ = 0;
};

}  // namespace agentic::http

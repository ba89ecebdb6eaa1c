#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "api/request_context.hpp"

namespace agentic::api {

/// Keeps the bytes of list answers for as long as the rows behind them have not changed (Executor::change_mark): never stale, not by a
/// moment. Bounded: a fixed number of slots, each for one tenant and request; a new answer takes the slot of an old one. Thread-safe.
class AnswerCache {
public:
    /// The answer to this request when it was made at `mark`.
    std::optional<std::string> find(const RequestContext& ctx, std::uint64_t mark) const;
    /// Bodies above kBodyBytesMax are not kept.
    void keep(const RequestContext& ctx, std::uint64_t mark, const std::string& body);

    static constexpr std::size_t kSlots = 512;
    static constexpr std::size_t kBodyBytesMax = 64u << 10;

private:
    struct Answer {
        std::uint64_t mark = 0;
        std::string key, body;
    };
    struct Slot {
        mutable std::mutex mutex;  // held to copy a pointer
        std::shared_ptr<const Answer> answer;
    };

    std::array<Slot, kSlots> slots_;
};

}  // namespace agentic::api

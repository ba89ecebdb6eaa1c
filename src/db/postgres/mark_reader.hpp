#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/wakeup.hpp"
#include "db/executor.hpp"

namespace agentic::db::postgres {

class Pool;

/// Reads the change marks that the calls of one I/O thread ask for, many at a time: while one statement is on its way, the calls that come in wait
/// and share the next one. What a call gets was so read after it asked, and a busy thread costs the database one small statement a round trip,
/// not one a request. Nothing in it is locked.
class MarkReader : public std::enable_shared_from_this<MarkReader> {
public:
    MarkReader(IoExecutor executor, std::shared_ptr<Pool> pool) : executor_(executor), pool_(std::move(pool)) {}

    /// The tenant's mark of `table`; 0 when the tenant has never written to it.
    Task<std::uint64_t> read(TenantScope scope, std::string_view table);

private:
    using Marks = boost::unordered_flat_map<std::string, std::uint64_t>;   // by tenant id and table
    /// The calls that share one statement.
    struct Round {
        explicit Round(IoExecutor executor) : done(executor, async::SteadyTimer::time_point::max()) {}
        std::vector<std::string> tenants;
        Result<Marks> marks;
        std::exception_ptr failure;
        bool answered = false;
        async::SteadyTimer done;   // cancelled when it is
    };

    static Awaitable<void> run(std::shared_ptr<MarkReader> self);
    Task<Marks> fetch(std::vector<std::string> tenants);

    IoExecutor executor_;
    std::shared_ptr<Pool> pool_;
    std::shared_ptr<Round> next_;   // still open to callers; null when nobody waits
    bool running_ = false;
};

}  // namespace agentic::db::postgres

#pragma once
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "db/executor.hpp"
#include "db/postgres/options.hpp"

struct pg_conn;
struct pg_result;

namespace agentic::db::postgres {

struct HostAddresses;
struct PreparedMap;

/// One connection in pipeline mode, on one io_context. A transaction is one round trip: BEGIN, the tenant's setting, every step and COMMIT travel
/// together; with expectations the COMMIT follows when they are checked. Used by one caller at a time.
class Connection {
public:
    /// Connects, takes on the application role and the time limits. Fails with `unavailable`.
    static Task<std::unique_ptr<Connection>> open(IoExecutor executor, const Options& options);
    ~Connection();

    enum class Transaction : std::uint8_t { single_read, snapshot, write };
    /// Runs the steps under the scope. A failure or a cancellation at any moment leaves a connection that is_reusable() tells apart.
    Task<> run(Scope scope, std::span<const Step> steps, std::span<Rows> out, Transaction transaction);

    /// True when it is idle outside a transaction, every reply of the last call was read, and nothing else has come in: anything else must be
    /// closed, since the next borrower could read a reply that is not its own.
    bool is_reusable() const;

private:
    struct Command;

    Connection(IoExecutor executor, const Options& options);
    Task<> connect(std::string url, std::optional<HostAddresses> at);
    std::string transaction_limit() const;
    Task<> set_up();
    void send(const Statement& statement, const Params& params, Rows* rows);
    void send_scope(const Scope& scope);
    Task<> round_trip();
    Task<> roll_back();
    Task<> finish(std::span<const Step> steps, std::span<const Rows> rows);
    Task<> flush();
    Task<> wait_readable();
    Task<pg_result*> next_result();
    Task<> read_replies();
    Result<void> absorb(Command& command, const pg_result* result);
    static void copy_rows(const pg_result* result, Command& command);
    void check_sent(int sent);

    const Options& options_;
    pg_conn* handle_ = nullptr;
    asio::posix::basic_stream_descriptor<IoExecutor> socket_;
    std::unique_ptr<PreparedMap> prepared_;
    std::vector<Command> commands_;  // sent, not yet answered
    bool in_flight_ = false;
    std::size_t answered_ = 0;  // steps of the current run that the server has carried out
    bool broken_ = false;
};

}  // namespace agentic::db::postgres

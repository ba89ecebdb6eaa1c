#include "db/postgres/connection.hpp"

#include <libpq-fe.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <charconv>
#include <stdexcept>

#include "db/params.hpp"
#include "db/postgres/errors.hpp"
#include "db/postgres/host_addresses.hpp"

namespace agentic::db::postgres {
namespace {

using boost::system::error_code;

const Statement kBegin{.name = "begin", .sqlite = {}, .postgres = "BEGIN"};
const Statement kBeginSnapshot{.name = "begin_snapshot", .sqlite = {}, .postgres = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
const Statement kCommit{.name = "commit", .sqlite = {}, .postgres = "COMMIT"};
const Statement kRollback{.name = "rollback", .sqlite = {}, .postgres = "ROLLBACK"};
// Always local to the transaction: a session setting would leak to the connection's next borrower.
const Statement kTenant{.name = "tenant", .sqlite = {}, .postgres = "SELECT set_config('agentic.tenant_id', $1, true)"};
const Statement kSystem{.name = "system", .sqlite = {}, .postgres = "SELECT set_config('agentic.scope', 'system', true)"};

constexpr std::chrono::milliseconds kReplyGrace{2'000};  // on top of the server's own statement timeout

struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, Clear>;

enum class ColumnKind : std::uint8_t { text, integer, real, boolean, numeric, bytes };

ColumnKind kind_of(Oid type) {
    switch (type) {
        case 16: return ColumnKind::boolean;
        case 17: return ColumnKind::bytes;
        case 20: case 21: case 23: case 26: return ColumnKind::integer;
        case 700: case 701: return ColumnKind::real;
        case 1700: return ColumnKind::numeric;
        default: return ColumnKind::text;
    }
}

int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

/// `\x` and two digits for each byte: how the server writes bytea.
std::string bytes_of(std::string_view text) {
    std::string out(text.size() / 2 - 1, '\0');
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(hex_digit(text[2 * i + 2]) * 16 + hex_digit(text[2 * i + 3]));
    return out;
}

/// Booleans become 0 and 1, as SQLite stores them; a whole numeric (the sum of integers) becomes an integer.
void add_cell(Rows& rows, ColumnKind kind, std::string_view text) {
    const char* const end = text.data() + text.size();
    if (kind == ColumnKind::boolean) return rows.add_integer(text == "t" ? 1 : 0);
    if (kind == ColumnKind::bytes) return rows.add_blob(bytes_of(text));
    if (kind == ColumnKind::integer || kind == ColumnKind::numeric) {
        std::int64_t value = 0;
        if (const auto read = std::from_chars(text.data(), end, value); read.ec == std::errc() && read.ptr == end) return rows.add_integer(value);
    }
    if (kind == ColumnKind::real || kind == ColumnKind::numeric) {
        double value = 0;
        if (const auto read = std::from_chars(text.data(), end, value); read.ec == std::errc() && read.ptr == end) return rows.add_real(value);
    }
    rows.add_text(text);
}

constexpr asio::use_awaitable_t<IoExecutor> token;

}  // namespace

struct Prepared {
    std::string name;
    std::string_view text;
    bool sent = false;  // known to the server, or on the way to it
    std::shared_ptr<const Columns> columns;
    std::vector<ColumnKind> kinds;
};

struct PreparedMap {
    boost::unordered_flat_map<const Statement*, std::unique_ptr<Prepared>> statements;
    std::size_t made = 0;
};

/// One message of a pipeline whose reply is still to come.
struct Connection::Command {
    enum class Kind : std::uint8_t { prepare, execute, sync };
    Kind kind = Kind::sync;
    const Statement* statement = nullptr;
    Prepared* prepared = nullptr;
    Rows* rows = nullptr;  // null: the reply is only checked
};

Connection::Connection(IoExecutor executor, const Options& options) : options_(options), socket_(executor), prepared_(std::make_unique<PreparedMap>()) {}

Connection::~Connection() {
    if (socket_.is_open()) socket_.release();  // libpq closes it
    PQfinish(handle_);
}

bool Connection::is_reusable() const {
    if (broken_ || in_flight_ || PQstatus(handle_) != CONNECTION_OK || PQtransactionStatus(handle_) != PQTRANS_IDLE) return false;
    char byte = 0;  // unread bytes, or the end of the stream: neither belongs to an idle connection
    return ::recv(PQsocket(handle_), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

// --- connecting -----------------------------------------------------------------------------------------------------------------------

Task<std::unique_ptr<Connection>> Connection::open(IoExecutor executor, const Options& options) {
    std::unique_ptr<Connection> connection(new Connection(executor, options));
    const auto url = libpq_url(options.url);
    AGENTIC_CO_TRY(auto addresses, co_await resolve_hosts(executor, url, options.connect_timeout));
    AGENTIC_CO_CHECK(co_await connection->connect(url, std::move(addresses)));
    AGENTIC_CO_CHECK(co_await connection->set_up());
    co_return connection;
}

Task<> Connection::connect(std::string url, std::optional<HostAddresses> at) {
    std::vector<const char*> keys{"dbname", "application_name", "client_encoding", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"};
    std::vector<const char*> values{url.c_str(), options_.application_name.c_str(), "UTF8", "30", "10", "3", "20000"};
    if (at) {
        keys.insert(keys.end(), {"host", "hostaddr", "port"});
        values.insert(values.end(), {at->hosts.c_str(), at->addresses.c_str(), at->ports.c_str()});
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    const auto deadline = std::chrono::steady_clock::now() + options_.connect_timeout;
    handle_ = PQconnectStartParams(keys.data(), values.data(), 1);
    if (handle_ == nullptr || PQstatus(handle_) == CONNECTION_BAD) co_return std::unexpected(connection_error(handle_, "connect"));
    PQsetNoticeReceiver(handle_, [](void*, const PGresult*) {}, nullptr);
    for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(handle_)) {
        if (state == PGRES_POLLING_FAILED) co_return std::unexpected(connection_error(handle_, "connect"));
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left.count() <= 0) co_return std::unexpected(unavailable("connect: timed out"));
        socket_.assign(PQsocket(handle_));  // libpq may change the socket between two polls
        error_code failed;
        const auto direction = state == PGRES_POLLING_READING ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
        co_await socket_.async_wait(direction, asio::cancel_after(left, asio::redirect_error(token, failed)));
        socket_.release();
        if (failed && std::chrono::steady_clock::now() < deadline) co_return fail(ErrorCode::cancelled, "Cancelled", "connect: the caller was cancelled");
        if (failed) co_return std::unexpected(unavailable("connect: timed out"));
    }
    socket_.assign(PQsocket(handle_));
    co_return Result<void>{};
}

/// All steps together get little more than one, and less than this side waits: otherwise the server could commit what its caller was told had taken too
/// long. A server ends the connection then.
std::string Connection::transaction_limit() const {
    constexpr int kSince = 170'000;
    return PQserverVersion(handle_) >= kSince ? "; SET transaction_timeout = " + std::to_string((options_.statement_timeout + kReplyGrace / 2).count()) : "";
}

Task<> Connection::set_up() {
    PQsetnonblocking(handle_, 1);
    const auto sql = std::string("SET ROLE ") + kAppRole + "; SET statement_timeout = " + std::to_string(options_.statement_timeout.count()) +
                     "; SET lock_timeout = " + std::to_string(options_.lock_timeout.count()) +
                     "; SET idle_in_transaction_session_timeout = 30000; SET timezone = 'UTC'" + transaction_limit();
    if (PQsendQuery(handle_, sql.c_str()) != 1) co_return std::unexpected(connection_error(handle_, "set up"));
    AGENTIC_CO_CHECK(co_await flush());
    std::optional<Error> failed;
    while (true) {
        AGENTIC_CO_TRY(PGresult* const raw, co_await next_result());
        const ResultHandle result(raw);
        if (raw == nullptr) break;
        if (PQresultStatus(raw) != PGRES_COMMAND_OK && !failed) {
            failed = unavailable("set up: " + std::string(PQresultErrorMessage(raw)) + "(has `agentic migrate up` run on this database, and may this user take on its role?)");
        }
    }
    if (failed) co_return std::unexpected(*std::move(failed));
    if (PQenterPipelineMode(handle_) != 1) co_return std::unexpected(connection_error(handle_, "pipeline mode"));
    co_return Result<void>{};
}

// --- sending --------------------------------------------------------------------------------------------------------------------------

void Connection::check_sent(int sent) {
    if (sent == 1) return;
    broken_ = true;
    throw std::runtime_error(std::string("libpq refused a message: ") + PQerrorMessage(handle_));
}

void Connection::send(const Statement& statement, const Params& params, Rows* rows) {
    auto& slot = prepared_->statements[&statement];
    if (slot != nullptr && (slot->text.data() != statement.postgres.data() || slot->text.size() != statement.postgres.size())) slot.reset();
    if (slot == nullptr) {
        slot = std::make_unique<Prepared>();
        slot->name = "s" + std::to_string(++prepared_->made);
        slot->text = statement.postgres;
    }
    if (!slot->sent) {
        slot->sent = true;
        check_sent(PQsendPrepare(handle_, slot->name.c_str(), std::string(statement.postgres).c_str(), 0, nullptr));
        commands_.push_back({Command::Kind::prepare, &statement, slot.get(), nullptr});
    }
    std::vector<const char*> values(params.size(), nullptr);
    std::vector<int> lengths(params.size(), 0);
    std::vector<int> formats(params.size(), 0);  // 1: as it is
    std::vector<std::array<char, 32>> numbers(params.size());
    for (std::size_t i = 0; i < params.size(); ++i) {
        const auto& value = params[i].storage();
        if (const auto* text = std::get_if<std::string>(&value)) {
            values[i] = text->c_str();
        } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            *std::to_chars(numbers[i].data(), numbers[i].data() + numbers[i].size(), *integer).ptr = '\0';
            values[i] = numbers[i].data();
        } else if (const auto* real = std::get_if<double>(&value)) {
            *std::to_chars(numbers[i].data(), numbers[i].data() + numbers[i].size(), *real).ptr = '\0';
            values[i] = numbers[i].data();
        } else if (const auto* blob = std::get_if<Blob>(&value)) {
            values[i] = blob->bytes.data();
            lengths[i] = static_cast<int>(blob->bytes.size());
            formats[i] = 1;
        }
    }
    check_sent(PQsendQueryPrepared(handle_, slot->name.c_str(), static_cast<int>(params.size()), values.data(), lengths.data(), formats.data(), 0));
    commands_.push_back({Command::Kind::execute, &statement, slot.get(), rows});
}

void Connection::send_scope(const Scope& scope) {
    if (scope.tenant_id()) {
        send(kTenant, {Value(*scope.tenant_id())}, nullptr);
    } else {
        send(kSystem, {}, nullptr);
    }
}

Task<> Connection::run(Scope scope, std::span<const Step> steps, std::span<Rows> out, Transaction transaction) {
    for (const Step& step : steps) check_scope(step.statement, scope);
    bool conditional = false;
    answered_ = 0;
    if (transaction == Transaction::write) send(kBegin, {}, nullptr);
    if (transaction == Transaction::snapshot) send(kBeginSnapshot, {}, nullptr);
    send_scope(scope);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        send(steps[i].statement, steps[i].params, &out[i]);
        conditional = conditional || steps[i].expected_rows.has_value();
    }
    conditional = conditional && transaction == Transaction::write;
    if (transaction != Transaction::single_read && !conditional) send(kCommit, {}, nullptr);
    const auto ran = co_await round_trip();
    if (!ran) {
        AGENTIC_CO_CHECK(co_await roll_back());
        // All steps were sent before the first was judged: when an earlier one missed its row, that is why a later one failed.
        for (std::size_t i = 0; !broken_ && i < answered_; ++i) AGENTIC_CO_CHECK(check_expectation(steps[i], out[i]));
        co_return std::unexpected(ran.error());
    }
    if (conditional) co_return co_await finish(steps, out);
    for (std::size_t i = 0; i < steps.size(); ++i) AGENTIC_CO_CHECK(check_expectation(steps[i], out[i]));
    co_return Result<void>{};
}

Task<> Connection::finish(std::span<const Step> steps, std::span<const Rows> rows) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto met = check_expectation(steps[i], rows[i]);
        if (met) continue;
        AGENTIC_CO_CHECK(co_await roll_back());
        co_return std::unexpected(met.error());
    }
    send(kCommit, {}, nullptr);
    const auto committed = co_await round_trip();
    if (!committed) AGENTIC_CO_CHECK(co_await roll_back());
    co_return committed;
}

/// Leaves a transaction that failed. A connection that is broken is left as it is: its owner closes it.
Task<> Connection::roll_back() {
    if (broken_ || PQstatus(handle_) != CONNECTION_OK || PQtransactionStatus(handle_) == PQTRANS_IDLE) co_return Result<void>{};
    send(kRollback, {}, nullptr);
    co_return co_await round_trip();
}

// --- the wire -------------------------------------------------------------------------------------------------------------------------

Task<> Connection::round_trip() {
    check_sent(PQpipelineSync(handle_));
    commands_.push_back({});
    in_flight_ = true;
    auto done = co_await flush();
    if (done) done = co_await read_replies();
    co_return done;
}

/// Writes what libpq has buffered. While the server is busy answering it may not read, so answers are taken in meanwhile.
Task<> Connection::flush() {
    while (true) {
        const int left = PQflush(handle_);
        if (left == 0) co_return Result<void>{};
        if (left < 0) co_return broken_ = true, std::unexpected(connection_error(handle_, "send"));
        const auto limit = options_.statement_timeout + kReplyGrace;
        auto either = asio::experimental::make_parallel_group(socket_.async_wait(asio::posix::descriptor_base::wait_write, asio::cancel_after(limit, asio::deferred)),
                                                              socket_.async_wait(asio::posix::descriptor_base::wait_read, asio::deferred));
        const auto [order, write_failed, read_failed] = co_await either.async_wait(asio::experimental::wait_for_one(), token);
        if (order[0] == 0 ? write_failed : read_failed) co_return broken_ = true, std::unexpected(unavailable("send: timed out"));
        if (PQconsumeInput(handle_) != 1) co_return broken_ = true, std::unexpected(connection_error(handle_, "receive"));
    }
}

Task<> Connection::wait_readable() {
    error_code failed;
    co_await socket_.async_wait(asio::posix::descriptor_base::wait_read, asio::cancel_after(options_.statement_timeout + kReplyGrace, asio::redirect_error(token, failed)));
    if (failed) {
        broken_ = true;
        co_return fail(ErrorCode::deadline_exceeded, "The database took too long", "no reply");
    }
    if (PQconsumeInput(handle_) != 1) co_return broken_ = true, std::unexpected(connection_error(handle_, "receive"));
    co_return Result<void>{};
}

/// The caller owns the result; null ends a command.
Task<PGresult*> Connection::next_result() {
    while (PQisBusy(handle_) == 1) AGENTIC_CO_CHECK(co_await wait_readable());
    co_return PQgetResult(handle_);
}

/// Takes the reply of every command up to the sync, then reports the first that failed: what follows it in the pipeline was not run.
Task<> Connection::read_replies() {
    Result<void> outcome;
    for (std::size_t i = 0; i < commands_.size(); ++i) {
        while (true) {
            AGENTIC_CO_TRY(PGresult* const raw, co_await next_result());
            const ResultHandle result(raw);
            const bool is_sync = commands_[i].kind == Command::Kind::sync;
            if (raw == nullptr && (is_sync || PQstatus(handle_) != CONNECTION_OK)) {
                broken_ = true;
                if (!outcome) co_return outcome;  // the server's last words
                co_return std::unexpected(connection_error(handle_, "receive"));
            }
            if (raw == nullptr) break;
            auto absorbed = absorb(commands_[i], raw);
            if (!absorbed && outcome) outcome = std::move(absorbed);
            if (PQresultStatus(raw) == PGRES_PIPELINE_SYNC) break;
        }
    }
    commands_.clear();
    in_flight_ = false;
    co_return outcome;
}

Result<void> Connection::absorb(Command& command, const PGresult* result) {
    const auto status = PQresultStatus(result);
    if (command.kind == Command::Kind::prepare && status != PGRES_COMMAND_OK) command.prepared->sent = false;
    switch (status) {
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
            if (command.kind == Command::Kind::execute && command.rows != nullptr) {
                copy_rows(result, command);
                ++answered_;
            }
            return {};
        case PGRES_PIPELINE_SYNC:
        case PGRES_PIPELINE_ABORTED: return {};
        default: break;
    }
    if (is_stale_plan(result)) broken_ = true;
    try {
        return std::unexpected(error_of(result, command.statement == nullptr ? "commit" : command.statement->name));
    } catch (...) {
        broken_ = true;  // the rest of the replies is not read any more
        throw;
    }
}

void Connection::copy_rows(const PGresult* result, Command& command) {
    Prepared& prepared = *command.prepared;
    const int columns = PQnfields(result);
    if (prepared.columns == nullptr) {
        Columns names;
        for (int i = 0; i < columns; ++i) {
            names.emplace_back(PQfname(result, i));
            prepared.kinds.push_back(kind_of(PQftype(result, i)));
        }
        prepared.columns = std::make_shared<const Columns>(std::move(names));
    }
    Rows& rows = *command.rows;
    rows.set_columns(prepared.columns);
    const int count = PQntuples(result);
    rows.reserve(static_cast<std::size_t>(count) * static_cast<std::size_t>(columns), 0);
    for (int row = 0; row < count; ++row) {
        for (int i = 0; i < columns; ++i) {
            if (PQgetisnull(result, row, i) != 0) {
                rows.add_null();
                continue;
            }
            const std::string_view text(PQgetvalue(result, row, i), static_cast<std::size_t>(PQgetlength(result, row, i)));
            add_cell(rows, prepared.kinds[static_cast<std::size_t>(i)], text);
        }
    }
    if (command.statement->writes) {
        const std::string_view changed = PQcmdTuples(const_cast<PGresult*>(result));
        std::from_chars(changed.data(), changed.data() + changed.size(), rows.affected);
    }
}

}  // namespace agentic::db::postgres

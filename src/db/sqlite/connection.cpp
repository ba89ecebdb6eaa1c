#include "db/sqlite/connection.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "core/log.hpp"
#include "db/params.hpp"
#include "db/sqlite/errors.hpp"
#include "db/sqlite/word_ranking.hpp"

namespace agentic::db::sqlite {
namespace {

constexpr int kProgressEvery = 20'000;                // virtual machine steps, about a millisecond
constexpr int kTextBytesMax = 64 << 20;
constexpr std::size_t kCellsHintMax = 4096;
constexpr std::size_t kTextHintMax = 64 << 10;

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
/// A statement left half-way would keep its snapshot, and the WAL would grow for ever.
struct ResetAfter {
    sqlite3_stmt* statement;
    ~ResetAfter() { sqlite3_reset(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, Finalize>;

void initialize_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MULTITHREAD);    // a connection is never used by two threads at once
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);   // its counter is one lock shared by every allocation of every thread
        sqlite3_initialize();
        log::info("sqlite_library", "SQLite library loaded", {{"version", sqlite3_libversion()}});
    });
}

Result<void> create_file(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // SQLite gives the WAL the same mode
    if (descriptor >= 0) return ::close(descriptor), Result<void>{};
    const auto why = "cannot open " + path.string() + ": " + std::generic_category().message(errno);
    return fail(ErrorCode::unavailable, "The database is not available", why);
}

const char* pragma_of(Options::Synchronous synchronous) {
    switch (synchronous) {
        case Options::Synchronous::off: return "PRAGMA synchronous=OFF";
        case Options::Synchronous::normal: return "PRAGMA synchronous=NORMAL";
        case Options::Synchronous::full: return "PRAGMA synchronous=FULL";
    }
    return "PRAGMA synchronous=FULL";
}

}  // namespace

/// A statement of ours, compiled on this connection. Parameters are bound by name, because SQLite numbers `$n` by first appearance.
struct Connection::Prepared {
    StatementHandle handle;
    std::string_view text;
    std::vector<int> parameter_index;    // of $1, $2, ...
    std::vector<int> tenant_parameters;  // the n that must be the scope's tenant
    std::shared_ptr<const Columns> columns;
    std::size_t cells_hint = 0;
    std::size_t text_hint = 0;
};

class StatementCache {
public:
    boost::unordered_flat_map<const Statement*, std::unique_ptr<Connection::Prepared>> statements;
    boost::unordered_flat_map<const char*, StatementHandle> controls;
};

Connection::Connection(const Options& options, Role role) : options_(options), role_(role), cache_(std::make_unique<StatementCache>()) {}

Connection::~Connection() {
    cache_.reset();
    sqlite3_close_v2(handle_);
}

Result<std::unique_ptr<Connection>> Connection::open(const Options& options, Role role) {
    initialize_library();
    if (role == Role::writer && options.vfs.empty()) AGENTIC_CHECK(create_file(options.path));
    std::unique_ptr<Connection> connection(new Connection(options, role));
    const int access = role == Role::reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
    if (role == Role::writer && options.synchronous == Options::Synchronous::full) {
        connection->vfs_ = std::make_unique<GatheringVfs>(options.vfs);
        vfs = connection->vfs_->name();
    }
    const int code = sqlite3_open_v2(options.path.c_str(), &connection->handle_, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
    if (code != SQLITE_OK) return std::unexpected(connection->failure(code, "open " + options.path.string()));
    AGENTIC_CHECK(connection->configure());
    return connection;
}

Result<void> Connection::configure() {
    sqlite3_busy_timeout(handle_, static_cast<int>(options_.busy_timeout.count()));
    for (const int off : {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL}) sqlite3_db_config(handle_, off, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kTextBytesMax);
    sqlite3_set_authorizer(handle_, on_authorize, this);
    sqlite3_progress_handler(
        handle_, kProgressEvery,
        [](void* self) { return static_cast<int>(std::chrono::steady_clock::now() > static_cast<Connection*>(self)->deadline_); }, this);
    deadline_ = std::chrono::steady_clock::now() + options_.statement_timeout;
    const std::string cache = "PRAGMA cache_size=-" + std::to_string(options_.cache_kib);
    std::vector<std::string> pragmas{"PRAGMA mmap_size=0", "PRAGMA temp_store=MEMORY", "PRAGMA foreign_keys=ON", "PRAGMA cell_size_check=ON", cache};
    if (role_ != Role::reader) pragmas.insert(pragmas.end(), {"PRAGMA journal_mode=WAL", pragma_of(options_.synchronous)});
    if (role_ != Role::writer) {
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        pragmas.push_back("PRAGMA query_only=ON");
    }
    for (const auto& pragma : pragmas) {
        if (const int code = sqlite3_exec(handle_, pragma.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK) {
            return std::unexpected(failure(code, pragma));
        }
    }
    add_word_ranking(handle_);
    sqlite3_wal_autocheckpoint(handle_, 0);  // never inside a commit
    if (role_ == Role::writer) {
        sqlite3_wal_hook(handle_, [](void* self, sqlite3*, const char*, int pages) { return static_cast<Connection*>(self)->wal_pages_ = pages, SQLITE_OK; }, this);
    }
    return {};
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

bool Connection::has_deferred_violations() const {
    int current = 0;
    int highest = 0;
    return sqlite3_db_status(handle_, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0) == SQLITE_OK && current != 0;
}

Error Connection::failure(int code, std::string_view during) {
    last_code_ = handle_ != nullptr ? sqlite3_extended_errcode(handle_) : code;
    return error_of(handle_, code, during);
}

Result<void> Connection::control(const char* sql) {
    auto& statement = cache_->controls[sql];
    deadline_ = std::chrono::steady_clock::now() + options_.statement_timeout;
    if (statement == nullptr) {
        sqlite3_stmt* handle = nullptr;
        if (const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr); code != SQLITE_OK) {
            return std::unexpected(failure(code, sql));
        }
        statement.reset(handle);
    }
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE || code == SQLITE_ROW) return sqlite3_reset(statement.get()), Result<void>{};
    Error error = failure(code, sql);
    sqlite3_reset(statement.get());
    return std::unexpected(std::move(error));
}

Result<void> Connection::checkpoint(Checkpoint kind) {
    const int modes[] = {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_RESTART, SQLITE_CHECKPOINT_TRUNCATE};
    wal_pages_ = 0;
    const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, modes[static_cast<std::size_t>(kind)], nullptr, nullptr);
    if (code != SQLITE_OK) return std::unexpected(failure(code, "checkpoint"));
    return {};
}

// --- preparing ------------------------------------------------------------------------------------------------------------------------

int Connection::on_authorize(void* self, int action, const char* first, const char*, const char*, const char* via) {
    auto* const touched = static_cast<Connection*>(self)->touched_;
    if (touched == nullptr) return SQLITE_OK;  // SQLite prepares again by itself after a schema change; judged the first time
    if (action == SQLITE_READ || action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE) {
        std::string table(first);
        std::ranges::transform(table, table.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        touched->emplace(std::move(table), via == nullptr ? "" : via);
        return SQLITE_OK;
    }
    // FTS5 asks for the data version when it opens one of its tables.
    const bool is_data_version = action == SQLITE_PRAGMA && std::string_view(first) == "data_version";
    const bool harmless = action == SQLITE_SELECT || action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE || is_data_version;
    return harmless ? SQLITE_OK : SQLITE_DENY;  // no schema changes, pragmas or attached files through a named statement
}

FenceSchema Connection::read_fence_schema() {
    static constexpr const char* kSql =
        "SELECT lower(m.name), m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%', "
        "EXISTS (SELECT 1 FROM pragma_table_xinfo(m.name) c WHERE lower(c.name) = 'tenant_id') "
        "FROM sqlite_schema m WHERE m.type IN ('table', 'view')";
    FenceSchema schema;
    sqlite3_stmt* handle = nullptr;
    if (sqlite3_prepare_v2(handle_, kSql, -1, &handle, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_));
    const StatementHandle owner(handle);
    int code = 0;
    while ((code = sqlite3_step(handle)) == SQLITE_ROW) {
        const std::string name(reinterpret_cast<const char*>(sqlite3_column_text(handle, 0)));
        if (sqlite3_column_int(handle, 1) != 0) schema.plain_tables.insert(name);
        if (sqlite3_column_int(handle, 2) != 0) {
            schema.tables.emplace(name, "tenant_id");
        } else if (name == kTenantsTable) {
            schema.tables.emplace(name, "id");
        }
    }
    if (code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(handle_));  // a table that is missing here would have no fence
    return schema;
}

Connection::Prepared& Connection::prepared(const Statement& statement) {
    auto& slot = cache_->statements[&statement];
    if (slot == nullptr || slot->text.data() != statement.sqlite.data() || slot->text.size() != statement.sqlite.size()) {
        slot.reset();
        slot = prepare(statement);
    }
    return *slot;
}

std::unique_ptr<Connection::Prepared> Connection::prepare(const Statement& statement) {
    const std::string name(statement.name);
    Touched touched;
    touched_ = &touched;
    sqlite3_stmt* handle = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(handle_, statement.sqlite.data(), static_cast<int>(statement.sqlite.size()), SQLITE_PREPARE_PERSISTENT, &handle, &rest);
    touched_ = nullptr;
    auto out = std::make_unique<Prepared>();
    out->handle.reset(handle);
    if (code != SQLITE_OK) throw std::logic_error("statement " + name + " does not prepare: " + sqlite3_errmsg(handle_));
    const bool read_only = sqlite3_stmt_readonly(handle) != 0;
    if (read_only == statement.writes) throw std::logic_error("statement " + name + (read_only ? " does not write" : " writes without being marked so"));
    out->text = statement.sqlite;
    const int count = sqlite3_bind_parameter_count(handle);
    for (int n = 1; n <= count; ++n) {
        const int index = sqlite3_bind_parameter_index(handle, ("$" + std::to_string(n)).c_str());
        if (index == 0) throw std::logic_error("statement " + name + " does not use $" + std::to_string(n));
        out->parameter_index.push_back(index);
    }
    Columns columns;
    for (int i = 0; i < sqlite3_column_count(handle); ++i) columns.emplace_back(sqlite3_column_name(handle, i));
    out->columns = std::make_shared<const Columns>(std::move(columns));
    if (!statement.cross_tenant) out->tenant_parameters = fence(statement, touched, read_only);
    return out;
}

/// The text says which tenant tables are constrained; SQLite's authorizer says which tables are really used. Foreign keys and triggers make a
/// writing statement touch tables it does not name, so only what the text names is held against it there (require_tenant_clauses does).
std::vector<int> Connection::fence(const Statement& statement, const Touched& touched, bool read_only) const {
    if (fence_ == nullptr) throw std::logic_error("statement " + std::string(statement.name) + " is prepared before the tenant fence is known");
    auto clauses = require_tenant_clauses(statement.name, statement.sqlite, fence_->tables);
    for (const auto& [table, via] : touched) {
        if (!read_only || !fence_->tables.contains(table) || clauses.tables.contains(table)) continue;
        if (clauses.tables.contains(via)) continue;  // through a view that has a tenant_id and is constrained
        throw std::logic_error("statement " + std::string(statement.name) + " reads " + table + " without a tenant");
    }
    return std::move(clauses.parameters);
}

// --- running --------------------------------------------------------------------------------------------------------------------------

Result<void> Connection::run(const Scope& scope, std::span<const Step> steps, std::span<Rows> out) {
    deadline_ = std::chrono::steady_clock::now() + options_.statement_timeout;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        AGENTIC_TRY(out[i], run_one(scope, steps[i]));
        AGENTIC_CHECK(check_expectation(steps[i], out[i]));
    }
    return {};
}

Result<Rows> Connection::run_one(const Scope& scope, const Step& step) {
    const Statement& named = step.statement;
    check_scope(named, scope);
    Prepared& statement = prepared(named);
    bind(statement, named, step.params);
    if (!statement.tenant_parameters.empty() && scope.tenant_id()) {
        char tenant[36];
        scope.tenant_id()->write(tenant);
        for (const int n : statement.tenant_parameters) {
            const auto* bound = std::get_if<std::string>(&step.params[static_cast<std::size_t>(n - 1)].storage());
            if (bound == nullptr || *bound != std::string_view(tenant, sizeof tenant)) {
                throw std::logic_error("statement " + std::string(named.name) + " binds another tenant than its scope's to $" + std::to_string(n));
            }
        }
    }
    const ResetAfter reset{statement.handle.get()};
    Rows rows;
    AGENTIC_CHECK(step_rows(statement, named, rows));
    return rows;
}

void Connection::bind(Prepared& statement, const Statement& named, const Params& params) {
    if (params.size() != statement.parameter_index.size()) {
        throw std::logic_error("statement " + std::string(named.name) + " takes " + std::to_string(statement.parameter_index.size()) + " parameters, not " +
                               std::to_string(params.size()));
    }
    auto* const handle = statement.handle.get();
    for (std::size_t i = 0; i < params.size(); ++i) {
        const int index = statement.parameter_index[i];
        const auto& value = params[i].storage();
        if (const auto* text = std::get_if<std::string>(&value)) {
            sqlite3_bind_text64(handle, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);  // the caller's, until the step is done
        } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            sqlite3_bind_int64(handle, index, *integer);
        } else if (const auto* real = std::get_if<double>(&value)) {
            sqlite3_bind_double(handle, index, *real);
        } else if (const auto* blob = std::get_if<Blob>(&value)) {
            sqlite3_bind_blob64(handle, index, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
        } else {
            sqlite3_bind_null(handle, index);
        }
    }
}

Result<void> Connection::step_rows(Prepared& statement, const Statement& named, Rows& rows) {
    auto* const handle = statement.handle.get();
    const int columns = static_cast<int>(statement.columns->size());
    rows.set_columns(statement.columns);
    rows.reserve(statement.cells_hint, statement.text_hint);
    int code = 0;
    while ((code = sqlite3_step(handle)) == SQLITE_ROW) {
        for (int i = 0; i < columns; ++i) {
            switch (sqlite3_column_type(handle, i)) {
                case SQLITE_NULL: rows.add_null(); break;
                case SQLITE_INTEGER: rows.add_integer(sqlite3_column_int64(handle, i)); break;
                case SQLITE_FLOAT: rows.add_real(sqlite3_column_double(handle, i)); break;
                case SQLITE_BLOB: {
                    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle, i));
                    rows.add_blob({bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle, i))});
                    break;
                }
                default: {
                    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle, i));
                    rows.add_text({text, static_cast<std::size_t>(sqlite3_column_bytes(handle, i))});
                }
            }
        }
    }
    if (code != SQLITE_DONE) return std::unexpected(failure(code, named.name));
    if (named.writes) rows.affected = sqlite3_changes64(handle_);
    statement.cells_hint = std::min(rows.cell_count(), kCellsHintMax);
    statement.text_hint = std::min(rows.text_bytes(), kTextHintMax);
    return {};
}

}  // namespace agentic::db::sqlite

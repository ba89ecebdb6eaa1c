#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/types.hpp"
#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/tenant.hpp"
#include "core/uuid.hpp"

namespace agentic::db {

/// A named statement from db/sql/*.sql. The build makes one constant per block in namespace `agentic::db::sql`; SQL text never stands in C++.
/// Where the engines differ the block exists twice and the driver picks its own text. The drivers keep prepared statements by its address, so a
/// Statement must outlive the database.
struct Statement {
    std::string_view name;
    std::string_view sqlite;
    std::string_view postgres;
    bool writes = false;         // INSERT, UPDATE, DELETE: goes to SQLite's writer
    std::string_view table = {}; // the one it writes
    bool cross_tenant = false;   // tagged @cross_tenant(reason) in the file: only with a SystemScope
    bool with_deleted = false;   // tagged @with_deleted(reason): may read soft-deleted rows (a conformance test holds the others to deleted_at)
    bool by_key = false;         // tagged @by_key: a search of an index for a row or a few, so SQLite runs it on the calling thread
};

/// Bytes that are no text, such as a vector: BLOB and bytea.
struct Blob {
    std::string bytes;

    bool operator==(const Blob&) const = default;
};

/// One bound parameter. Ids travel as their 36-character text and times as microseconds, so both engines store the same bytes.
class Value {
public:
    using Storage = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

    Value(std::nullopt_t) {}
    Value(bool v) : storage_(static_cast<std::int64_t>(v)) {}
    Value(int v) : storage_(static_cast<std::int64_t>(v)) {}
    Value(std::int64_t v) : storage_(v) {}
    Value(double v) : storage_(v) {}
    Value(const char* v) : storage_(std::string(v)) {}
    Value(std::string v) : storage_(std::move(v)) {}
    Value(std::string_view v) : storage_(std::string(v)) {}
    Value(const Uuid& v) : storage_(v.to_string()) {}
    Value(Timestamp v) : storage_(v.us) {}
    Value(JsonText v) : storage_(std::move(v.text)) {}
    Value(Blob v) : storage_(std::move(v)) {}
    template <class T>
    Value(const std::optional<T>& v) {
        if (v) *this = Value(*v);
    }

    const Storage& storage() const { return storage_; }

private:
    Storage storage_;
};
using Params = std::vector<Value>;

using Columns = std::vector<std::string>;

/// The rows of one statement: text and bytes of all cells in one buffer and column names shared with the prepared statement, so a page of rows costs a
/// handful of allocations.
class Rows {
public:
    struct Cell {
        enum class Kind : std::uint8_t { null, integer, real, text, blob };
        struct Slice { std::uint32_t offset, size; };
        Kind kind = Kind::null;
        union {
            std::int64_t integer;
            double real;
            Slice text;
        };
        Cell() : integer(0) {}
    };

    std::size_t size() const { return columns_ && !columns_->empty() ? cells_.size() / columns_->size() : 0; }
    bool empty() const { return cells_.empty(); }
    std::span<const std::string> columns() const { return columns_ ? std::span(*columns_) : std::span<const std::string>(); }
    /// Column index by name, or nullopt.
    std::optional<std::size_t> column(std::string_view name) const;

    bool is_null(std::size_t row, std::size_t column) const { return cell(row, column).kind == Cell::Kind::null; }
    /// Typed reads convert between integer, real and text where nothing is lost, and throw std::logic_error where it would be: a bug in a query.
    std::int64_t integer(std::size_t row, std::size_t column) const {
        const Cell& c = cell(row, column);
        return c.kind == Cell::Kind::integer ? c.integer : converted_integer(row, column);
    }
    double real(std::size_t row, std::size_t column) const;
    /// Points into this object. An integer or real cell is not text: bind it as a number.
    std::string_view text(std::size_t row, std::size_t column) const {
        const Cell& c = cell(row, column);
        if (c.kind != Cell::Kind::text) wrong_kind(row, column, "text");
        return {buffer_.data() + c.text.offset, c.text.size};
    }
    /// Points into this object, without any alignment.
    std::string_view blob(std::size_t row, std::size_t column) const {
        const Cell& c = cell(row, column);
        if (c.kind != Cell::Kind::blob) wrong_kind(row, column, "bytes");
        return {buffer_.data() + c.text.offset, c.text.size};
    }

    /// Rows changed by a writing statement, also when it returned none; 0 for a reading one.
    std::int64_t affected = 0;

    // For the drivers.
    void set_columns(std::shared_ptr<const Columns> columns) { columns_ = std::move(columns); }
    /// Room for what this statement returned the last time.
    void reserve(std::size_t cells, std::size_t text_bytes);
    std::size_t cell_count() const { return cells_.size(); }
    std::size_t text_bytes() const { return buffer_.size(); }
    void add_null() { cells_.emplace_back(); }
    void add_integer(std::int64_t value);
    void add_real(double value);
    /// Throws std::length_error above kTextBytesMax: a query without a LIMIT.
    void add_text(std::string_view value);
    /// The same limit.
    void add_blob(std::string_view value);

    static constexpr std::size_t kTextBytesMax = 256u << 20;

private:
    const Cell& cell(std::size_t row, std::size_t column) const { return cells_[row * columns_->size() + column]; }
    std::int64_t converted_integer(std::size_t row, std::size_t column) const;
    void add_slice(Cell::Kind kind, std::string_view value);
    [[noreturn]] void wrong_kind(std::size_t row, std::size_t column, std::string_view wanted) const;

    std::shared_ptr<const Columns> columns_;
    std::vector<Cell> cells_;
    std::string buffer_;
};

/// One statement of an atomic batch. When `expected_rows` is set and the statement changed another number (a reading one: returned another
/// number), the whole batch is rolled back and fails with `otherwise`.
struct Step {
    const Statement& statement;
    Params params;
    std::optional<std::int64_t> expected_rows = std::nullopt;
    Error otherwise = {};
};
using Batch = std::vector<Step>;

/// `batch_of(Step{...}, Step{...})`: moves the steps where a braced list would copy them. (GCC 14.2 also dies of an internal error on a braced
/// list of steps inside a co_await expression.)
template <class... S>
Batch batch_of(S&&... steps) {
    Batch batch;
    batch.reserve(sizeof...(S));
    (batch.push_back(std::forward<S>(steps)), ...);
    return batch;
}

/// Whose rows a statement may touch. On PostgreSQL it becomes `SET LOCAL agentic.tenant_id` (or `agentic.scope = 'system'`) inside the same round
/// trip; on SQLite the driver binds it for the tenant fence.
class Scope {
public:
    Scope(TenantScope tenant) : tenant_id_(tenant.tenant_id()) {}
    Scope(SystemScope) {}
    const std::optional<Uuid>& tenant_id() const { return tenant_id_; }  // nullopt: system

private:
    std::optional<Uuid> tenant_id_;
};

/// A database. Two implementations, one behaviour (tests/conformance). All calls resume on the caller's executor; both have the pool's wait limit
/// and a statement deadline, and fail with `unavailable` (busy, gone) or `storage_full`. A broken unique rule is `conflict`, whose
/// internal_context names the constraint or the columns; a broken foreign key is `conflict` too.
///
/// There is no interactive transaction, on purpose: a transaction is a Batch, so it is one round trip on PostgreSQL, one group-committed
/// unit on SQLite, and can never be held open by a slow client.
class Executor {
public:
    virtual ~Executor() = default;

    /// Runs one statement in its own transaction.
    virtual Task<Rows> query(Scope scope, const Statement& statement, Params params) = 0;

    /// Runs all steps in order in one transaction and returns their rows, durable when it resumes: all or nothing.
    virtual Task<std::vector<Rows>> batch(Scope scope, Batch steps) = 0;

    /// The same read transaction for several reads (count and page agree).
    virtual Task<std::vector<Rows>> read(Scope scope, Batch steps) = 0;

    /// A number that is another one after every committed write to `table` for this tenant, and the same otherwise (or, rarely, needlessly another):
    /// who takes it before a read may keep what was read for as long as it stays. Costs nothing on SQLite, where this process is the only writer,
    /// and one small statement on PostgreSQL, where only tables with a change_mark trigger have one: others throw std::logic_error.
    virtual Task<std::uint64_t> change_mark(TenantScope scope, std::string_view table) = 0;

    /// SELECT 1, for readiness.
    virtual Task<> ping() = 0;

    enum class Engine : std::uint8_t { sqlite, postgres };
    virtual Engine engine() const = 0;
};

}  // namespace agentic::db

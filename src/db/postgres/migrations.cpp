#include "db/postgres/migrations.hpp"

#include <libpq-fe.h>

#include <array>
#include <stdexcept>

#include "db/postgres/errors.hpp"
#include "db/postgres/options.hpp"

namespace agentic::db::postgres {
namespace {

// The lock's number is "agentic" and a bit. Forced row-level security binds the tables' owner, too: without the scope, a migration run by any role but a superuser
// would change no row and not say so.
constexpr const char* kOpen = "SET lock_timeout = '60s'; SET timezone = 'UTC'; SET agentic.scope = 'system'; SELECT pg_advisory_lock(7310577382014117236)";
constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// The role of the application: it owns nothing and bypasses nothing, so that row-level security holds for it. Who creates a role without being a superuser is its
/// member from then on, but may not take it on: that is the privilege SET, which PostgreSQL tells apart from MEMBER since version 16.
constexpr const char* kCreateRole = R"sql(
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'agentic_app') THEN
        CREATE ROLE agentic_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, 'agentic_app', 'SET') THEN
        EXECUTE format('GRANT agentic_app TO %I', current_user);
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- another database of this cluster is being migrated at the same moment
END
$$)sql";

/// The second fence, for every table that has a tenant, so that a new one cannot forget it: row-level security that binds even the owner, a
/// trigger against moving a row to another tenant, views that run with their reader's rights, and the application role's grants. What is there already
/// is left alone: an ALTER TABLE would wait for everybody who reads the table. The sub-selects make PostgreSQL read each setting once per statement.
constexpr const char* kRenewFences = R"sql(
CREATE OR REPLACE FUNCTION agentic_tenant_fixed() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    IF to_jsonb(NEW) ->> TG_ARGV[0] IS DISTINCT FROM to_jsonb(OLD) ->> TG_ARGV[0] THEN
        RAISE EXCEPTION 'a row cannot change its tenant';
    END IF;
    RETURN NEW;
END
$f$;
DO $$
DECLARE
    t record;
    rule text;
BEGIN
    FOR t IN
        SELECT c.oid, c.oid::regclass AS name, c.relrowsecurity AND c.relforcerowsecurity AS is_fenced, CASE WHEN c.relname = 'tenants' THEN 'id' ELSE 'tenant_id' END AS owner
        FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
            AND (c.relname = 'tenants' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
    LOOP
        IF NOT t.is_fenced THEN EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.name); END IF;
        IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'tenant_fence') THEN
            rule := format('%I = (SELECT NULLIF(current_setting(''agentic.tenant_id'', true), '''')::uuid) '
                           'OR (SELECT current_setting(''agentic.scope'', true)) = ''system''', t.owner);
            EXECUTE format('CREATE POLICY tenant_fence ON %s USING (%s) WITH CHECK (%s)', t.name, rule, rule);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'tenant_fixed') THEN
            EXECUTE format('CREATE TRIGGER tenant_fixed BEFORE UPDATE OF %I ON %s FOR EACH ROW EXECUTE FUNCTION agentic_tenant_fixed(%L)', t.owner, t.name, t.owner);
        END IF;
    END LOOP;
    FOR t IN
        SELECT c.oid::regclass AS name, c.relkind AS kind, 'security_invoker=true' = ANY (COALESCE(c.reloptions, '{}')) AS is_invoker FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
        IF t.kind = 'v' AND NOT t.is_invoker THEN EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', t.name); END IF;
        IF t.kind = 'S' THEN
            EXECUTE format('GRANT USAGE ON SEQUENCE %s TO agentic_app', t.name);
        ELSIF t.name = 'schema_migrations'::regclass THEN
            EXECUTE format('GRANT SELECT ON %s TO agentic_app', t.name);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO agentic_app', t.name);
        END IF;
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO agentic_app', current_schema());
END
$$)sql";

/// Row-level security keeps an operator from using an index unless it is known to tell nothing of the rows it looks at. That of word search does not;
/// only a superuser may say so, and without one searches still answer, by looking at each chunk of the tenant. It is no part of a dump.
constexpr const char* kLetWordSearchUseItsIndex = R"sql(
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_proc WHERE oid = 'pg_catalog.ts_match_vq(tsvector, tsquery)'::regprocedure AND NOT proleakproof) THEN
        ALTER FUNCTION pg_catalog.ts_match_vq (tsvector, tsquery) LEAKPROOF;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$)sql";

struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, Clear>;

class Session final : public MigrationSession {
public:
    explicit Session(std::unique_ptr<PGconn, Finish> connection) : connection_(std::move(connection)) {}

    Executor::Engine engine() const override { return Executor::Engine::postgres; }

    Result<std::vector<AppliedMigration>> applied() override {
        AGENTIC_CHECK(execute(kCreateTable));
        const ResultHandle rows(PQexec(connection_.get(), "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number"));
        AGENTIC_CHECK(check(rows.get()));
        std::vector<AppliedMigration> out;
        for (int i = 0; i < PQntuples(rows.get()); ++i) {
            const auto text = [&](int column) { return std::string(PQgetvalue(rows.get(), i, column)); };
            out.push_back({std::stoi(text(0)), text(1), text(2), {std::stoll(text(3))}});
        }
        return out;
    }

    Result<void> apply(std::string_view script, const AppliedMigration& migration, Direction direction) override {
        return in_transaction([&] { return apply_open(std::string(script), migration, direction); });
    }

    Result<void> renew() override {
        return in_transaction([&] { return renew_fences(); });
    }

    Result<void> execute(const char* sql) {
        const ResultHandle result(PQexec(connection_.get(), sql));
        return check(result.get());
    }

private:
    template <class Work>
    Result<void> in_transaction(Work work) {
        AGENTIC_CHECK(execute("BEGIN"));
        auto done = work();
        if (done) done = execute("COMMIT");
        if (!done && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) static_cast<void>(execute("ROLLBACK"));
        return done;
    }

    Result<void> renew_fences() {
        AGENTIC_CHECK(execute(kCreateRole));
        AGENTIC_CHECK(execute(kRenewFences));
        return execute(kLetWordSearchUseItsIndex);
    }

    Result<void> apply_open(const std::string& script, const AppliedMigration& migration, Direction direction) {
        AGENTIC_CHECK(execute(script.empty() ? "SELECT 1" : script.c_str()));
        if (PQtransactionStatus(connection_.get()) != PQTRANS_INTRANS) {
            const auto message = "The migration " + migration.name + " cannot be applied: its script ends the transaction";
            return fail(ErrorCode::internal_error, message, message);
        }
        AGENTIC_CHECK(renew_fences());
        const auto number = std::to_string(migration.number);
        const auto applied_at = std::to_string(migration.applied_at.us);
        const std::array<const char*, 4> values{number.c_str(), migration.name.c_str(), migration.checksum.c_str(), applied_at.c_str()};
        const bool down = direction == Direction::down;
        const char* const sql = down ? "DELETE FROM schema_migrations WHERE number = $1" : "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
        const ResultHandle result(PQexecParams(connection_.get(), sql, down ? 1 : 4, nullptr, values.data(), nullptr, nullptr, 0));
        return check(result.get());
    }

    Result<void> check(const PGresult* result) const {
        const auto status = PQresultStatus(result);
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return {};
        if (PQstatus(connection_.get()) != CONNECTION_OK) return std::unexpected(connection_error(connection_.get(), "migration"));
        const auto message = std::string("The schema change failed: ") + PQresultErrorMessage(result);
        return fail(ErrorCode::internal_error, message, message);
    }

    std::unique_ptr<PGconn, Finish> connection_;  // the advisory lock is this session's: it ends with it
};

}  // namespace

Result<std::unique_ptr<MigrationSession>> open_migrations(const std::string& url) {
    const auto plain_url = libpq_url(url);
    const std::array<const char*, 5> keys{"dbname", "application_name", "client_encoding", "connect_timeout", nullptr};
    const std::array<const char*, 5> values{plain_url.c_str(), "agentic migrate", "UTF8", "10", nullptr};
    std::unique_ptr<PGconn, Finish> connection(PQconnectdbParams(keys.data(), values.data(), 1));
    if (PQstatus(connection.get()) != CONNECTION_OK) return std::unexpected(connection_error(connection.get(), "connect"));
    PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
    auto session = std::make_unique<Session>(std::move(connection));
    AGENTIC_CHECK(session->execute(kOpen));
    return session;
}

}  // namespace agentic::db::postgres

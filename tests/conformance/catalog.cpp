#include "conformance/catalog.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace agentic::db::conformance {
namespace {

/// Rules that may be unique over all tenants, each because what it holds is random (nobody can guess one to probe for) or public by design.
/// Primary keys of one random `id` are allowed everywhere.
const std::vector<std::string> kGlobalUniques{
    "idx_tenants_slug",         // chosen at registration, part of public sign-in
    "idx_refresh_tokens_hash",  // hashes of random tokens
    "idx_invitations_hash", "idx_api_keys_prefix",
};

struct Rule {
    const char* says;
    const char* sql;  // names of the offenders
};

constexpr const char* kTenantTables =
    "WITH tenant_tables AS (SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner, a.attnum, a.attnotnull "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped "
    "AND a.attname = CASE WHEN c.relname = 'tenants' THEN 'id' ELSE 'tenant_id' END "
    "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')) ";

const Rule kPostgresRules[] = {
    {"has no row-level security", "SELECT relname FROM tenant_tables WHERE NOT relrowsecurity"},
    {"does not FORCE row-level security", "SELECT relname FROM tenant_tables WHERE NOT relforcerowsecurity"},
    {"has no tenant_fence policy for everything and everyone, with USING and WITH CHECK",
     "SELECT relname FROM tenant_tables t WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'tenant_fence' "
     "AND p.polcmd = '*' AND p.polpermissive AND p.polroles = '{0}' AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL "
     "AND pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid) AND pg_get_expr(p.polqual, p.polrelid) = "
     "format($$((%I = ( SELECT (NULLIF(current_setting('agentic.tenant_id'::text, true), ''::text))::uuid AS \"nullif\")) "
     "OR (( SELECT current_setting('agentic.scope'::text, true) AS current_setting) = 'system'::text))$$, "
     "CASE WHEN t.relname = 'tenants' THEN 'id' ELSE 'tenant_id' END))"},
    {"has a second permissive policy, which would widen the first",
     "SELECT relname FROM tenant_tables t WHERE (SELECT count(*) FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive) > 1"},
    {"lets its tenant be NULL", "SELECT relname FROM tenant_tables WHERE NOT attnotnull"},
    {"lets a row change its tenant", "SELECT relname FROM tenant_tables t WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'tenant_fixed' AND g.tgenabled = 'O')"},
    {"is owned by the application role", "SELECT relname FROM pg_class c WHERE c.relowner = 'agentic_app'::regrole"},
    {"can be truncated or referenced by the application role",
     "SELECT relname FROM tenant_tables WHERE has_table_privilege('agentic_app', oid, 'TRUNCATE') OR has_table_privilege('agentic_app', oid, 'REFERENCES') "
     "OR has_table_privilege('agentic_app', oid, 'TRIGGER')"},
    {"is a foreign key between tenants' tables without the tenant",
     "SELECT k.conname FROM pg_constraint k JOIN tenant_tables child ON child.oid = k.conrelid JOIN tenant_tables parent ON parent.oid = k.confrelid "
     "WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (c, p) WHERE pair.c = child.attnum AND pair.p = parent.attnum)"},
    {"is unique over all tenants",
     "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN tenant_tables t ON t.oid = x.indrelid "
     "WHERE x.indisunique AND NOT (t.attnum = ANY (x.indkey::int2[])) "
     "AND NOT (x.indisprimary AND (SELECT string_agg(a.attname, ',') FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (x.indkey::int2[])) = 'id')"},
    {"is a view with its owner's rights",
     "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' AND NOT coalesce(reloptions @> '{security_invoker=true}', false)"},
    {"is a materialised view, which knows no tenants", "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'm'"},
    {"is a function with its owner's rights",
     "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = pg_proc.oid AND d.deptype = 'e')"},
    {"has rights that bypass the fence", "SELECT rolname FROM pg_roles WHERE rolname = 'agentic_app' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolcanlogin)"},
    {"is a role that the application role can become",
     "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = 'agentic_app'::regrole"},
};

class File {
public:
    explicit File(const std::filesystem::path& path) {
        if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + path.string());
    }
    ~File() { sqlite3_close(handle_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::vector<std::string> column(const std::string& sql) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_));
        std::vector<std::string> out;
        while (sqlite3_step(statement) == SQLITE_ROW) out.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
        sqlite3_finalize(statement);
        return out;
    }

private:
    sqlite3* handle_ = nullptr;
};

constexpr const char* kSqliteTenantTables =
    "WITH tenant_tables AS (SELECT m.name, c.\"notnull\" AS required, CASE m.name WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END AS owner "
    "FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = CASE m.name WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END "
    "WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%') ";

const Rule kSqliteRules[] = {
    {"lets its tenant be NULL", "SELECT name FROM tenant_tables WHERE NOT required"},
    {"lets a row change its tenant",
     "SELECT name FROM tenant_tables t WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema g WHERE g.type = 'trigger' AND g.name = 'tenant_fixed_' || t.name AND g.tbl_name = t.name)"},
    {"has a foreign key to a tenants' table without the tenant",
     "SELECT t.name || '.' || f.id FROM tenant_tables t JOIN pragma_foreign_key_list(t.name) f JOIN tenant_tables p ON p.name = f.\"table\" "
     "GROUP BY t.name, f.id HAVING sum(f.\"from\" = t.owner AND coalesce(f.\"to\", '') = p.owner) = 0"},
    {"is unique over all tenants",
     "SELECT i.name FROM tenant_tables t JOIN pragma_index_list(t.name) i WHERE i.\"unique\" "
     "AND NOT EXISTS (SELECT 1 FROM pragma_index_info(i.name) c WHERE c.name = t.owner) "
     "AND NOT (i.origin = 'pk' AND (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c) = 'id')"},
};

template <class Query>
std::vector<std::string> check(std::span<const Rule> rules, const char* prefix, Query query) {
    std::vector<std::string> out;
    for (const auto& rule : rules) {
        for (const auto& name : query(std::string(prefix) + rule.sql)) {
            if (std::ranges::contains(kGlobalUniques, name)) continue;
            out.push_back(name + " " + rule.says);
        }
    }
    return out;
}

}  // namespace

std::vector<std::string> postgres_violations(test::RawPostgres& database) {
    return check(kPostgresRules, kTenantTables, [&](const std::string& sql) {
        std::vector<std::string> names;
        for (const auto& row : database.run(sql)) names.push_back(row[0]);
        return names;
    });
}

std::vector<std::string> sqlite_violations(const std::filesystem::path& path) {
    File file(path);
    return check(kSqliteRules, kSqliteTenantTables, [&](const std::string& sql) { return file.column(sql); });
}

}  // namespace agentic::db::conformance

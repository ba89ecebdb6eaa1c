#pragma once
#include <optional>
#include <string>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"

namespace agentic::db {

struct TenantRow {
    Uuid id;
    std::string name;
    std::string slug;
    TenantStatus status = TenantStatus::active;
    std::string plan_type;
    JsonText limits;     // {} means: the plan's
    JsonText settings;
    std::string region;
    Timestamp created_at;
    Timestamp updated_at;
};

/// Tenants, and the mark that the installation has its first one. A scope reaches its own tenant only.
/// Everything fails with the Executor's `unavailable` and `storage_full` too.
class TenantRepository {
public:
    explicit TenantRepository(Executor& db) : db_(db) {}

    /// Fails with `not_found`.
    Task<TenantRow> find(TenantScope scope);

    /// Changes what is given. Fails with `not_found`, or `precondition_failed` when its last change is not `expected` any more.
    Task<TenantRow> update(TenantScope scope, std::optional<std::string> name, std::optional<JsonText> settings, Timestamp now, std::optional<Timestamp> expected = {});

    /// Fails with `not_found`.
    Task<TenantRow> set_status(TenantScope scope, TenantStatus status, Timestamp now);

    /// Whether any tenant was ever registered.
    Task<bool> is_installed();

    // Steps of a batch.
    static Step insert(const TenantRow& row);
    /// Holds the tenant's row until the batch ends; `not_found` when there is none.
    static Step lock(TenantScope scope);
    /// Fails with `conflict`, naming `installation`, for everybody but the first.
    static Step claim_installation(Timestamp now);
    static Step mark_installation(Timestamp now);

private:
    Executor& db_;
};

}  // namespace agentic::db

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"
#include "db/repositories/page.hpp"

namespace agentic::db {

struct ConversationRow {
    Uuid id;
    Uuid agent_id;
    Uuid user_id;
    std::optional<std::string> title;
    ConversationStatus status = ConversationStatus::active;
    OnBusy on_busy = OnBusy::enqueue;
    std::int64_t message_count = 0;                    // also the number of the last message
    std::optional<Timestamp> last_message_at;
    JsonText extra_metadata{"{}"};
    std::optional<Uuid> forked_from_id;
    std::optional<std::int64_t> forked_at_sequence;    // messages up to this one were copied
    std::int64_t version = 1;                          // goes up with every change and every message
    Timestamp created_at;
    Timestamp updated_at;

    bool operator==(const ConversationRow&) const = default;
};

/// Whose conversations of the tenant may be seen: people see their own, administrators and owners everybody's. To anyone else a conversation is
/// missing, not forbidden.
class ConversationAccess {
public:
    static ConversationAccess of(const Principal& principal) {
        return principal.role >= Role::admin ? ConversationAccess(std::nullopt) : ConversationAccess(principal.user_id);
    }
    /// Work of the platform itself. `reason` documents the call.
    static ConversationAccess whole_tenant([[maybe_unused]] std::string_view reason) { return ConversationAccess(std::nullopt); }

    /// The only user whose conversations may be seen; nullopt: everybody's.
    const std::optional<Uuid>& only_user() const { return only_user_; }
    /// Whether all that `other` shows is shown by this, too.
    bool covers(const ConversationAccess& other) const { return !only_user_ || only_user_ == other.only_user_; }

private:
    explicit ConversationAccess(std::optional<Uuid> only_user) : only_user_(only_user) {}

    std::optional<Uuid> only_user_;
};

struct ConversationListing {
    std::optional<Uuid> agent_id;
    std::optional<Uuid> user_id;
    std::optional<ConversationStatus> status;
    PageRequest page;
};

/// Fields that are set replace the stored ones.
struct ConversationChange {
    std::optional<std::optional<std::string>> title;
    std::optional<ConversationStatus> status;
    std::optional<OnBusy> on_busy;
    std::optional<JsonText> extra_metadata;
};

/// The conversations of a tenant. Everything fails with the Executor's `unavailable` and `storage_full` too.
class ConversationRepository {
public:
    explicit ConversationRepository(Executor& db) : db_(db) {}

    /// The steps that store `row`, to be part of a larger batch, which fails with `not_found` when the agent is missing.
    static Batch create_steps(TenantScope scope, ConversationRow row);
    Task<> create(TenantScope scope, ConversationRow row);

    /// Fails with `not_found` when it is missing, deleted, or somebody else's and not to be seen.
    Task<ConversationRow> find(TenantScope scope, ConversationAccess access, Uuid id);

    /// Latest activity first.
    Task<Page<ConversationRow>> list(TenantScope scope, ConversationAccess access, ConversationListing listing);

    /// Answers the changed conversation. Fails with `not_found`, or `precondition_failed` when `expected_version` is given and is not the stored one.
    Task<ConversationRow> update(TenantScope scope, ConversationAccess access, Uuid id, ConversationChange change,
                                 std::optional<std::int64_t> expected_version, Timestamp now);

    /// From now on the conversation and its messages are missing. Fails as update does.
    Task<> remove(TenantScope scope, ConversationAccess access, Uuid id, std::optional<std::int64_t> expected_version, Timestamp now);

    /// Stores `copy`, whose `forked_from_id` names the conversation it starts from, with that one's first `message_ids.size()` messages under the
    /// given ids. Fails with `not_found` when the source is gone or has fewer messages.
    Task<> fork(TenantScope scope, ConversationAccess access, ConversationRow copy, std::vector<Uuid> message_ids);

private:
    Executor& db_;
};

}  // namespace agentic::db

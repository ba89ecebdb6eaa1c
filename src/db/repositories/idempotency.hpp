#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "db/executor.hpp"

namespace agentic::db {

/// A key that a request holds: whose it is, of which operation, and which request has it.
struct IdempotencyClaim {
    Uuid user_id;
    std::string operation;
    std::string key;
    Uuid reservation;
};

/// What is known of a key.
struct IdempotencyRow {
    Uuid reservation;
    std::string fingerprint;            // of the request
    std::optional<Uuid> run_id;         // the run it started
    std::optional<std::int64_t> status; // of the answer, once there is one
    std::string headers;                // "name: value\n", each
    std::string body;
};

class IdempotencyRepository {
public:
    explicit IdempotencyRepository(Executor& db) : db_(db) {}

    struct Request {
        std::string fingerprint;
        Timestamp now, locked_until, expires_at;
    };
    /// Takes the key if it is free, or was left without an outcome by the same request; answers the key's row as it is then. It is the caller's when
    /// the reservation is.
    Task<IdempotencyRow> reserve(TenantScope scope, IdempotencyClaim claim, Request request);
    /// For the batch that stores the run. Fails it with `conflict` when the key is no longer the caller's.
    static Step link_run_step(TenantScope scope, const IdempotencyClaim& claim, Uuid run_id);
    /// Keeps the answer. Nothing happens to a key that has a run or is no longer the caller's.
    Task<> finish(TenantScope scope, IdempotencyClaim claim, std::int64_t status, std::string headers, std::string body);
    /// Gives a key without an outcome back.
    Task<> release(TenantScope scope, IdempotencyClaim claim);
    /// Deletes what expired before then; answers how many.
    Task<std::int64_t> forget(SystemScope scope, Timestamp expired_before);

private:
    Executor& db_;
};

}  // namespace agentic::db

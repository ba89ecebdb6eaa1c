#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "db/executor.hpp"

namespace agentic::db {

/// One model call and what it cost, with the prices of that moment. Lines are appended and never changed.
struct UsageRow {
    Uuid id;
    Uuid run_id;
    Uuid agent_id;
    Uuid conversation_id;
    Uuid user_id;
    std::string provider;
    std::string model;
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cache_read_tokens = 0;
    std::int64_t cache_write_tokens = 0;
    std::int64_t reasoning_tokens = 0;
    bool estimated = false;    // the provider did not count, or not to the end
    std::int64_t cost_micros = 0;
    JsonText prices{"null"};   // {"input","output","cache_read","cache_write"} in micro-units per million tokens; null: unknown model
    Timestamp created_at;
};

class UsageRepository {
public:
    explicit UsageRepository(Executor& db) : db_(db) {}

    /// To be part of the batch that records the call's result: no answer without its price, no price without its answer.
    static Step insert_step(TenantScope scope, UsageRow row);
    Task<std::vector<UsageRow>> of_run(TenantScope scope, Uuid run_id);

private:
    Executor& db_;
};

}  // namespace agentic::db

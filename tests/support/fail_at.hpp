#pragma once
// A database that breaks at the n-th write: before it happened, or after it did and without saying so. From then on it is gone, until it is healed.
#include <atomic>
#include <functional>
#include <optional>
#include <string_view>

#include "db/executor.hpp"

namespace agentic::test {

class FailAt final : public db::Executor {
public:
    enum class When : std::uint8_t { before, after };

    explicit FailAt(db::Executor& inner) : inner_(inner) {}

    /// Breaks at the `n`-th batch from now on, counted from 1.
    void break_at(int n, When when) {
        when_ = when;
        left_ = n;
    }
    void heal() {
        left_ = -1;
        is_broken_ = false;
    }
    bool is_broken() const { return is_broken_; }

    /// Asked before each statement by its name: it may throw, and an error it gives is the answer.
    std::function<std::optional<Error>(std::string_view)> hook{};

    Task<db::Rows> query(db::Scope scope, const db::Statement& statement, db::Params params) override {
        if (is_broken_) co_return gone();
        if (hook) {
            if (auto error = hook(statement.name)) co_return std::unexpected(*std::move(error));
        }
        co_return co_await inner_.query(scope, statement, std::move(params));
    }
    Task<std::vector<db::Rows>> batch(db::Scope scope, db::Batch steps) override {
        if (is_broken_) co_return gone();
        for (const auto& step : steps) {
            if (!hook) break;
            if (auto error = hook(step.statement.name)) co_return std::unexpected(*std::move(error));
        }
        const bool breaks = left_ > 0 && --left_ == 0;
        if (breaks && when_ == When::before) co_return break_now();
        auto rows = co_await inner_.batch(scope, std::move(steps));
        if (breaks) co_return break_now();
        co_return rows;
    }
    Task<std::vector<db::Rows>> read(db::Scope scope, db::Batch steps) override {
        if (is_broken_) co_return gone();
        co_return co_await inner_.read(scope, std::move(steps));
    }
    Task<std::uint64_t> change_mark(TenantScope scope, std::string_view table) override { co_return co_await inner_.change_mark(scope, table); }
    Task<> ping() override { co_return co_await inner_.ping(); }
    Engine engine() const override { return inner_.engine(); }

private:
    static std::unexpected<Error> gone() { return fail(ErrorCode::unavailable, "The database is away"); }
    std::unexpected<Error> break_now() {
        is_broken_ = true;
        return gone();
    }

    db::Executor& inner_;
    When when_ = When::before;
    std::atomic<int> left_ = -1;
    std::atomic<bool> is_broken_ = false;
};

}  // namespace agentic::test

#pragma once
// A database that breaks at the n-th write: before it happened, or after it did and without saying so. From then on it is gone, until it is healed.
#include <atomic>
#include <functional>
#include <optional>
#include <string_view>

#include "support/pass_through.hpp"

namespace agentic::test {

class FailAt final : public PassThrough {
public:
    enum class When : std::uint8_t { before, after };

    using PassThrough::PassThrough;

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
        if (auto error = asked(statement)) co_return std::unexpected(*std::move(error));
        if (is_broken_) co_return gone();
        co_return co_await PassThrough::query(scope, statement, std::move(params));
    }
    Task<std::vector<db::Rows>> batch(db::Scope scope, db::Batch steps) override {
        for (const auto& step : steps) {
            if (auto error = asked(step.statement)) co_return std::unexpected(*std::move(error));
        }
        if (is_broken_) co_return gone();
        const bool breaks = left_ > 0 && --left_ == 0;
        if (breaks && when_ == When::before) co_return break_now();
        auto rows = co_await PassThrough::batch(scope, std::move(steps));
        if (breaks) co_return break_now();
        co_return rows;
    }
    Task<std::vector<db::Rows>> read(db::Scope scope, db::Batch steps) override {
        if (is_broken_) co_return gone();
        co_return co_await PassThrough::read(scope, std::move(steps));
    }

private:
    std::optional<Error> asked(const db::Statement& statement) { return hook ? hook(statement.name) : std::nullopt; }
    static std::unexpected<Error> gone() { return fail(ErrorCode::unavailable, "The database is away"); }
    std::unexpected<Error> break_now() {
        is_broken_ = true;
        return gone();
    }

    When when_ = When::before;
    std::atomic<int> left_ = -1;
    std::atomic<bool> is_broken_ = false;
};

}  // namespace agentic::test

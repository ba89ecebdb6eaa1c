#pragma once
// A database in which something else happens first when a certain statement comes: another process, at the worst moment.
#include <functional>
#include <string>
#include <utility>

#include "support/pass_through.hpp"

namespace agentic::test {

class Interposed final : public PassThrough {
public:
    using PassThrough::PassThrough;

    /// `act` runs before the `n`-th query or batch from now on that has the statement, counted from 1.
    void before(std::string statement, std::function<Awaitable<void>()> act, int n = 1) {
        statement_ = std::move(statement);
        act_ = std::move(act);
        left_ = n;
    }

    Task<db::Rows> query(db::Scope scope, const db::Statement& statement, db::Params params) override {
        if (statement.name == statement_) co_await meet();
        co_return co_await PassThrough::query(scope, statement, std::move(params));
    }
    Task<std::vector<db::Rows>> batch(db::Scope scope, db::Batch steps) override {
        bool has_it = false;
        for (const auto& step : steps) has_it = has_it || step.statement.name == statement_;
        if (has_it) co_await meet();
        co_return co_await PassThrough::batch(scope, std::move(steps));
    }

private:
    Awaitable<void> meet() {
        if (left_ > 0 && --left_ == 0) co_await std::exchange(act_, nullptr)();
    }

    std::string statement_;
    std::function<Awaitable<void>()> act_;
    int left_ = 0;
};

}  // namespace agentic::test

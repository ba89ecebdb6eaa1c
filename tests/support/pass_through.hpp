#pragma once
// A database that hands everything on to another one: what a test changes of it, it overrides.
#include "db/executor.hpp"

namespace agentic::test {

class PassThrough : public db::Executor {
public:
    explicit PassThrough(db::Executor& inner) : inner_(inner) {}

    Task<db::Rows> query(db::Scope scope, const db::Statement& statement, db::Params params) override { return inner_.query(scope, statement, std::move(params)); }
    Task<std::vector<db::Rows>> batch(db::Scope scope, db::Batch steps) override { return inner_.batch(scope, std::move(steps)); }
    Task<std::vector<db::Rows>> read(db::Scope scope, db::Batch steps) override { return inner_.read(scope, std::move(steps)); }
    Task<std::uint64_t> change_mark(TenantScope scope, std::string_view table) override { return inner_.change_mark(scope, table); }
    Task<> ping() override { return inner_.ping(); }
    Engine engine() const override { return inner_.engine(); }

private:
    db::Executor& inner_;
};

}  // namespace agentic::test

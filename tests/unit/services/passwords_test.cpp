#include "services/passwords.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>

namespace agentic::auth {
namespace {

/// The value of one task, run to its end on a loop of its own.
template <class T>
T run(Task<T> task) {
    asio::io_context loop;
    std::optional<Result<T>> out;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, Result<T> done) {
        if (failure) std::rethrow_exception(failure);
        out = std::move(done);
    });
    loop.run();
    return std::move(out->value());
}

constexpr PasswordConfig kCheap{.bcrypt_cost = 4};

class PasswordLengths : public testing::TestWithParam<std::string> {};

TEST_P(PasswordLengths, EveryByteCounts) {
    PasswordHasher hasher(kCheap);
    const auto& password = GetParam();
    const auto stored = run(hasher.hash(Secret(password)));
    EXPECT_TRUE(stored.starts_with("bcrypt-sha256$2b$04$")) << stored;
    EXPECT_TRUE(run(hasher.verify(Secret(password), stored)));
    for (const auto& other : {password + "x", password.substr(0, password.size() - 1), password + '\0', std::string()})
        EXPECT_FALSE(run(hasher.verify(Secret(other), stored)));
    auto changed = password;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    EXPECT_FALSE(run(hasher.verify(Secret(changed), stored)));
}

INSTANTIATE_TEST_SUITE_P(Edges, PasswordLengths,
                         testing::Values(std::string("12345678"), std::string(71, 'a'), std::string(72, 'a'), std::string(73, 'a'), std::string(100, 'a'), std::string(10'000, 'a'),
                                         std::string("nul\0inside", 10), std::string("\0\0\0\0\0\0\0\0", 8), std::string("pässwörd-密码-🔑"), std::string("\xff\xfe not utf-8")));

TEST(PasswordHasher, SaltsEveryHash) {
    PasswordHasher hasher(kCheap);
    EXPECT_NE(run(hasher.hash(Secret("same password"))), run(hasher.hash(Secret("same password"))));
}

TEST(PasswordHasher, CostsOneHashWhateverIsStored) {
    PasswordHasher hasher(kCheap);
    const auto real = run(hasher.hash(Secret("password")));
    for (const auto& stored : {std::string(), std::string("x"), std::string("bcrypt-sha256$2b$04$short"), std::string("bcrypt-sha256$2b$99$") + std::string(53, 'a'),
                               std::string("$2b$04$") + std::string(53, 'a'), std::string("bcrypt-sha256$1$salt$hash"), real}) {
        const auto before = hasher.hashes();
        EXPECT_EQ(run(hasher.verify(Secret("password"), stored)), stored == real) << stored;
        EXPECT_EQ(hasher.hashes(), before + 1);
    }
}

TEST(PasswordHasher, AsksForARehashAtAnotherCostOnly) {
    PasswordHasher four(kCheap);
    PasswordHasher five({.bcrypt_cost = 5});
    const auto stored = run(four.hash(Secret("password")));
    EXPECT_FALSE(four.needs_rehash(stored));
    EXPECT_TRUE(five.needs_rehash(stored));
    EXPECT_TRUE(run(five.verify(Secret("password"), stored)));
}

TEST(PasswordHasher, RefusesBeyondItsQueueInsteadOfWaiting) {
    PasswordHasher hasher({.bcrypt_cost = 4, .threads = 1, .queue_limit = 2});
    asio::io_context loop;
    int refused = 0, done = 0;
    for (int i = 0; i < 50; ++i)
        asio::co_spawn(loop, hasher.hash(Secret("password")), [&](std::exception_ptr, Result<std::string> out) {
            ++(out ? done : refused);
            if (!out) {
                EXPECT_EQ(out.error().code, ErrorCode::rate_limited);
                EXPECT_GT(out.error().retry_after_s, 0);
            }
        });
    loop.run();
    EXPECT_EQ(done + refused, 50);
    EXPECT_GT(refused, 0);
    EXPECT_GE(done, 2);
}

}  // namespace
}  // namespace agentic::auth

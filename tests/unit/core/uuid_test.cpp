#include "core/uuid.hpp"

#include <gtest/gtest.h>

#include <set>

namespace agentic {
namespace {

TEST(UuidHash, SpreadsIdsOfOneMillisecondOverSmallTables) {
    std::set<std::size_t> slots;
    for (int i = 0; i < 4096; ++i) slots.insert(std::hash<Uuid>{}(make_uuid_v7(1'792'576'800'000)) % 4096);
    EXPECT_GT(slots.size(), 2400u) << "4096 * (1 - 1/e) = 2,589 by chance alone";
}

}  // namespace
}  // namespace agentic

#include "db/row_mapper.hpp"

#include <gtest/gtest.h>

namespace agentic::db::row_mapper_test {

enum class Mood { calm, very_angry };
struct Row {
    Uuid id;
    std::string name;
    std::optional<std::string> note;
    int count = 0;
    double weight = 0;
    bool active = false;
    Timestamp created_at;
    JsonText tags;
    Mood mood = Mood::calm;
    std::optional<Mood> last_mood;
};
struct Small {
    std::int8_t small = 0;
};

constexpr const char* kId = "0191b2a4-7c3d-7e11-8f00-0123456789ab";

Rows one_row(Columns columns) {
    Rows rows;
    const auto shared = std::make_shared<const Columns>(columns);
    rows.set_columns(shared);
    for (const auto& name : columns) {
        if (name == "id") rows.add_text(kId);
        else if (name == "name") rows.add_text("Ada");
        else if (name == "count") rows.add_integer(3);
        else if (name == "weight") rows.add_integer(2);
        else if (name == "active") rows.add_integer(1);
        else if (name == "created_at") rows.add_integer(42);
        else if (name == "tags") rows.add_text("[1]");
        else if (name == "mood") rows.add_text("very_angry");
        else rows.add_null();
    }
    return rows;
}
const Columns kColumns{"id", "name", "note", "count", "weight", "active", "created_at", "tags", "mood", "last_mood"};

TEST(RowMapper, ReadsEveryKind) {
    const auto rows = rows_to<Row>(one_row(kColumns));
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].id.to_string(), kId);
    EXPECT_EQ(rows[0].name, "Ada");
    EXPECT_EQ(rows[0].note, std::nullopt);
    EXPECT_EQ(rows[0].count, 3);
    EXPECT_DOUBLE_EQ(rows[0].weight, 2.0);
    EXPECT_TRUE(rows[0].active);
    EXPECT_EQ(rows[0].created_at.us, 42);
    EXPECT_EQ(rows[0].tags.text, "[1]");
    EXPECT_EQ(rows[0].mood, Mood::very_angry);
    EXPECT_EQ(rows[0].last_mood, std::nullopt);
}

TEST(RowMapper, FindsColumnsByNameNotByPlace) {
    Columns reversed(kColumns.rbegin(), kColumns.rend());
    reversed.push_back("not_a_member");
    EXPECT_EQ(rows_to<Row>(one_row(reversed)).at(0).name, "Ada");
}

TEST(RowMapper, ThrowsForMissingColumn) {
    Columns columns = kColumns;
    columns.erase(columns.begin() + 1);
    EXPECT_THROW(rows_to<Row>(one_row(columns)), std::logic_error);
}

TEST(RowMapper, ThrowsForNullInPlainMember) {
    Rows rows;
    rows.set_columns(std::make_shared<const Columns>(Columns{"small"}));
    rows.add_null();
    EXPECT_THROW(rows_to<Small>(rows), std::logic_error);
}

TEST(RowMapper, ThrowsForValueOutOfRange) {
    Rows rows;
    rows.set_columns(std::make_shared<const Columns>(Columns{"small"}));
    rows.add_integer(1000);
    EXPECT_THROW(rows_to<Small>(rows), std::logic_error);
}

TEST(RowMapper, FirstRowIsNotFoundWhenEmpty) {
    const auto row = first_row<Row>(Rows(), "Agent");
    ASSERT_FALSE(row.has_value());
    EXPECT_EQ(row.error().code, ErrorCode::not_found);
}

TEST(EnumText, KnowsItsNamesOnly) {
    EXPECT_EQ(EnumText<Mood>::parse("calm"), Mood::calm);
    EXPECT_EQ(EnumText<Mood>::parse("Calm"), std::nullopt);
    EXPECT_EQ(EnumText<Mood>::parse(""), std::nullopt);
}

TEST(Rows, ConvertsOnlyWithoutLoss) {
    Rows rows;
    rows.set_columns(std::make_shared<const Columns>(Columns{"a", "b", "c", "d"}));
    rows.add_real(2.0);
    rows.add_real(2.5);
    rows.add_text("17");
    rows.add_text("seventeen");
    EXPECT_EQ(rows.integer(0, 0), 2);
    EXPECT_THROW(static_cast<void>(rows.integer(0, 1)), std::logic_error);
    EXPECT_EQ(rows.integer(0, 2), 17);
    EXPECT_THROW(static_cast<void>(rows.integer(0, 3)), std::logic_error);
    EXPECT_THROW(static_cast<void>(rows.text(0, 0)), std::logic_error);
}

}  // namespace agentic::db::row_mapper_test

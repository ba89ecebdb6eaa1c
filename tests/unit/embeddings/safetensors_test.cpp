// Files as an attacker would write them.
#include "embeddings/safetensors.hpp"

#include <gtest/gtest.h>

#include <format>

#include "support/temp_dir.hpp"
#include "tiny_model.hpp"

namespace agentic::embeddings {
namespace {

std::string file_of(std::string_view header, std::size_t data, std::uint64_t claimed) {
    return std::string(reinterpret_cast<const char*>(&claimed), 8) + std::string(header) + std::string(data, '\0');
}
std::string file_of(std::string_view header, std::size_t data) { return file_of(header, data, header.size()); }

std::string refusal(const std::string& file) {
    const auto parsed = parse_safetensors(std::as_bytes(std::span(file)));
    if (parsed) return "";
    EXPECT_EQ(parsed.error().code, ErrorCode::bad_request);
    return parsed.error().public_message.substr(std::string_view("The safetensors file is malformed: ").size());
}

std::string tensor(std::string_view type, std::string_view shape, std::string_view offsets) { return std::format(R"({{"a":{{"dtype":"{}","shape":{},"data_offsets":{}}}}})", type, shape, offsets); }

TEST(Safetensors, ReadsAGoodHeader) {
    EXPECT_EQ(refusal(file_of(tensor("F32", "[2,2]", "[0,16]"), 16)), "");
    EXPECT_EQ(refusal(file_of(R"({"__metadata__":{"format":"pt"}})", 0)), "");
    EXPECT_EQ(refusal(file_of(tensor("I64", "[]", "[0,8]"), 8)), "") << "a scalar";
}

TEST(Safetensors, RefusesHostileHeaders) {
    EXPECT_EQ(refusal("short"), "it is too short");
    EXPECT_EQ(refusal(file_of("{}", 0, 3)), "the header's length is wrong");
    EXPECT_EQ(refusal(file_of("{}", 0, UINT64_MAX)), "the header's length is wrong");
    EXPECT_EQ(refusal(file_of("[]", 0)), "the header is not a JSON object");
    EXPECT_EQ(refusal(file_of("{\"a\":" + std::string(1000, '['), 0)), "the header is not a JSON object");
    EXPECT_EQ(refusal(file_of(R"({"a":{"dtype":"F32"}})", 0)), "a tensor needs dtype, shape and data_offsets");
    EXPECT_EQ(refusal(file_of(tensor("Q4", "[1]", "[0,4]"), 4)), "unknown dtype");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[-1]", "[0,4]"), 4)), "shape and data_offsets are lists of whole numbers");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[1.5]", "[0,4]"), 4)), "shape and data_offsets are lists of whole numbers");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[1]", "[0]"), 4)), "shape and data_offsets are lists of whole numbers");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[1]", "[4,0]"), 4)), "a tensor lies outside the data");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[2]", "[0,8]"), 4)), "a tensor lies outside the data");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[1]", "[0,18446744073709551615]"), 4)), "a tensor lies outside the data");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[4611686018427387905]", "[0,4]"), 4)), "a shape is too large") << "times four it wraps to four";
    EXPECT_EQ(refusal(file_of(tensor("F32", "[4294967296,4294967296]", "[0,0]"), 0)), "a shape is too large");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[2]", "[0,4]"), 4)), "a tensor's shape and data_offsets disagree");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[1]", "[4,8]"), 8)), "there is a hole between tensors");
    EXPECT_EQ(refusal(file_of(tensor("F32", "[1]", "[0,4]"), 8)), "there is data behind the last tensor");
    EXPECT_EQ(refusal(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})", 6)), "tensors overlap");
}

TEST(Safetensors, WidensHalfPrecision) {
    const agentic::test::TempDir folder;
    const std::string header = R"({"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}})";
    const std::uint16_t halves[] = {0x3C00, 0xC000, 0x0001, 0x3555, 0x3F80, 0xC049};
    test::write_text(folder / "model.safetensors", file_of(header, 0) + std::string(reinterpret_cast<const char*>(halves), sizeof halves));
    const auto file = Safetensors::open(folder / "model.safetensors");
    ASSERT_TRUE(file) << file.error().public_message;
    const std::size_t four[] = {4}, two[] = {2};
    const auto h = file->floats("h", four);
    EXPECT_EQ(std::vector<float>(h->span().begin(), h->span().end()), (std::vector<float>{1.0F, -2.0F, 0x1p-24F, 0.333251953125F}));
    EXPECT_EQ((*file->floats("b", two))[1], -3.140625F);
    EXPECT_EQ(file->floats("b", four).error().code, ErrorCode::bad_request);
    EXPECT_EQ(file->floats("c", four).error().code, ErrorCode::bad_request);
    EXPECT_EQ(Safetensors::open(folder.path()).error().code, ErrorCode::bad_request) << "a directory";
    EXPECT_EQ(Safetensors::open(folder / "none").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace agentic::embeddings

// ONNX files as exporters write them, and as an attacker would.
#include <gtest/gtest.h>

#include <format>

#include "embeddings/onnx_graph.hpp"
#include "embeddings/onnx_weights.hpp"
#include "embeddings/protobuf_reader.hpp"
#include "support/temp_dir.hpp"
#include "tiny_onnx.hpp"

namespace agentic::embeddings {
namespace {

using namespace test;
using agentic::test::TempDir;

std::string refusal(const std::string& file) {
    const auto parsed = parse_onnx(std::as_bytes(std::span(file)));
    if (parsed) return "";
    EXPECT_EQ(parsed.error().code, ErrorCode::bad_request);
    return parsed.error().public_message;
}
std::string refused_tensor(const std::string& tensor) { return refusal(onnx_model({}, {tensor})); }
std::string malformed(std::string_view why) { return std::format("The ONNX file is malformed: {}", why); }
std::string unfit(std::string_view why) {
    return std::format("The ONNX file cannot be used: {}. Expected is a plain float32 export of a BERT or MPNet model (torch.onnx, optimum) with its weights inside", why);
}

TEST(ProtobufReader, StaysInsideTheMessage) {
    const auto count = [](const std::string& message) {
        ProtobufReader reader(std::as_bytes(std::span(message)));
        int fields = 0;
        while (reader.next()) ++fields;
        return reader.is_malformed() ? -1 : fields;
    };
    EXPECT_EQ(count(""), 0);
    EXPECT_EQ(count(number_field(1, UINT64_MAX) + bytes_field(2, "abc") + varint(3 << 3 | 5) + "1234" + varint(4 << 3 | 1) + "12345678"), 4);
    EXPECT_EQ(count(varint(2 << 3 | 2) + varint(4) + "abc"), -1) << "longer than the message";
    EXPECT_EQ(count(varint(2 << 3 | 2) + varint(UINT64_MAX) + "abc"), -1);
    EXPECT_EQ(count(varint(3 << 3 | 5) + "123"), -1);
    EXPECT_EQ(count("\x08\x80"), -1) << "a number without an end";
    EXPECT_EQ(count("\x08" + std::string(10, '\xFF') + "\x01"), -1) << "a number of more than 64 bits";
    EXPECT_EQ(count("\x08" + std::string(9, '\xFF') + "\x02"), -1) << "65 bits";
    EXPECT_EQ(count(varint(1 << 3 | 3)), -1) << "a group";
    EXPECT_EQ(count(varint(0 << 3) + varint(1)), -1) << "field 0";
}

TEST(OnnxGraph, RefusesHostileFiles) {
    EXPECT_EQ(refusal(""), malformed("it has no graph"));
    EXPECT_EQ(refusal("\xFF"), malformed("it ends in the middle"));
    EXPECT_EQ(refusal(onnx_model({}, {}) + onnx_model({}, {})), malformed("it has two graphs"));
    EXPECT_EQ(refusal(bytes_field(7, "\xFF")), malformed("the graph ends in the middle"));
    EXPECT_EQ(refusal(onnx_model({"\xFF"}, {})), malformed("a node ends in the middle"));
    EXPECT_EQ(refused_tensor("\xFF"), malformed("a tensor ends in the middle"));
    EXPECT_EQ(refused_tensor(onnx_tensor("a", {2}, raw_data("1234"))), malformed("a tensor has not as many numbers as its shape says"));
    EXPECT_EQ(refused_tensor(onnx_tensor("a", {2}, "")), malformed("a tensor has not as many numbers as its shape says"));
    EXPECT_EQ(refused_tensor(onnx_tensor("a", {1}, raw_data("1234") + raw_data("1234"))), malformed("a tensor has its numbers twice"));
    EXPECT_EQ(refused_tensor(onnx_tensor("a", {1}, varint(4 << 3 | 5) + "1234")), malformed("the numbers of a tensor are not packed"));
    EXPECT_EQ(refused_tensor(onnx_tensor("a", {4611686018427387905U}, raw_data("1234"))), malformed("a tensor's shape is too large")) << "times four it wraps to four";
    EXPECT_EQ(refused_tensor(onnx_tensor("a", {UINT64_MAX}, raw_data("1234"))), malformed("a tensor's shape is not one"));
    EXPECT_EQ(refused_tensor(onnx_tensor("a", {1, 1, 1, 1, 1, 1, 1, 1, 1}, raw_data("1234"))), malformed("a tensor's shape is not one"));
    EXPECT_EQ(refused_tensor(bytes_field(1, "\x80")), malformed("a tensor's shape is not one"));
    EXPECT_EQ(refusal(onnx_model({}, {onnx_tensor("a", {1}, raw_data("1234")), onnx_tensor("a", {1}, raw_data("1234"))})), malformed("two tensors have the same name"));
}

TEST(OnnxGraph, SaysWhatIsExpectedInsteadOfWhatItFound) {
    EXPECT_EQ(refusal(onnx_model({onnx_node("MatMulInteger", {"a", "b"}, "c")}, {})), unfit("it is quantised (MatMulInteger)"));
    EXPECT_EQ(refusal(onnx_model({onnx_node("DequantizeLinear", {"a", "b"}, "c")}, {})), unfit("it is quantised (DequantizeLinear)"));
    EXPECT_EQ(refusal(onnx_model({onnx_node("Attention", {"a", "b"}, "c", bytes_field(7, "com.\x01microsoft"))}, {})), unfit("it is fused for one runtime (Attention of com.?microsoft)"));
    EXPECT_EQ(refused_tensor(onnx_tensor("w", {1}, number_field(14, 1))), unfit("the numbers of w lie in another file"));
    EXPECT_EQ(refused_tensor(onnx_tensor("w", {1}, bytes_field(13, "location"))), unfit("the numbers of w lie in another file"));
}

TEST(OnnxGraph, ReadsPackedShapesAndNumbersOfEachKind) {
    const std::string floats("\0\0\x80\x3F\0\0\0\xC0", 8);
    const auto file = onnx_model({onnx_node("Relu", {"x"}, "y")}, {bytes_field(1, "\x02\x01") + onnx_tensor("packed", {}, bytes_field(4, floats)), onnx_tensor("half", {2}, raw_data("\x3C"), 10),
                                                                     onnx_tensor("ids", {1000}, "", 7)});
    EXPECT_EQ(refusal(file), malformed("a tensor has not as many numbers as its shape says")) << "two halves are four bytes";
    const auto good = onnx_model({onnx_node("Relu", {"x"}, "y")}, {bytes_field(1, "\x02\x01") + onnx_tensor("packed", {}, bytes_field(4, floats)), onnx_tensor("ids", {1000}, "", 7)});
    const auto parsed = parse_onnx(std::as_bytes(std::span(good)));
    ASSERT_TRUE(parsed) << parsed.error().public_message;
    EXPECT_TRUE(parsed->nodes.empty());
    EXPECT_EQ(parsed->tensors.at("packed").shape, (std::vector<std::size_t>{2, 1}));
    const auto values = floats_of(parsed->tensors.at("packed").bytes, DataType::f32);
    EXPECT_EQ(std::vector<float>(values.span().begin(), values.span().end()), (std::vector<float>{1, -2}));
    EXPECT_EQ(parsed->tensors.at("ids").type, DataType::other);
}

class OnnxWeightsTest : public testing::Test {
protected:
    Result<Floats> read(const std::vector<std::string>& nodes, std::string_view name, std::vector<std::size_t> shape, std::vector<std::string> more = {}) {
        // A 2 x 3 constant in the layout of MatMul's second operand, and a bias.
        std::vector<std::string> tensors{onnx_tensor("onnx::MatMul_7", {2, 3}, raw_data(bytes_of({1, 2, 3, 4, 5, 6}))), onnx_tensor("a.bias", {3}, raw_data(bytes_of({0, 0, 0})))};
        tensors.insert(tensors.end(), more.begin(), more.end());
        write_text(folder / "model.onnx", onnx_model(nodes, tensors));
        file.emplace(OnnxWeights::open(folder / "model.onnx").value());
        return file->floats(name, shape);
    }
    static std::vector<float> values(const Result<Floats>& floats) {
        if (!floats) return ADD_FAILURE() << floats.error().public_message, std::vector<float>();
        return {floats->span().begin(), floats->span().end()};
    }
    static std::string message(const Result<Floats>& floats) { return floats ? "" : floats.error().public_message; }

    TempDir folder;
    std::optional<OnnxWeights> file;
};

const std::vector<float> kUpright{1, 4, 2, 5, 3, 6};  // [3][2], as PyTorch has it

TEST_F(OnnxWeightsTest, FindsTheMatrixBehindItsBias) {
    const auto product = onnx_node("MatMul", {"x", "onnx::MatMul_7"}, "p");
    EXPECT_EQ(values(read({product, onnx_node("Add", {"a.bias", "p"}, "y")}, "a.weight", {3, 2})), kUpright);
    EXPECT_EQ(values(read({product, onnx_node("Add", {"p", "a.bias"}, "y")}, "a.weight", {3, 2})), kUpright);
    EXPECT_EQ(values(read({onnx_node("Gemm", {"x", "onnx::MatMul_7", "a.bias"}, "y")}, "a.weight", {3, 2})), kUpright);
    EXPECT_EQ(values(read({onnx_node("Gemm", {"x", "onnx::MatMul_7", "a.bias"}, "y", onnx_integer("transB", 1))}, "a.weight", {2, 3})), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(values(read({onnx_node("Identity", {"onnx::MatMul_7"}, "again"), onnx_node("MatMul", {"x", "again"}, "p"), onnx_node("Add", {"a.bias", "p"}, "y")}, "a.weight", {3, 2})), kUpright);
}

TEST_F(OnnxWeightsTest, AMatrixWithANameStandsAsItIsUsed) {
    const auto named = onnx_tensor("a.weight", {2, 2}, raw_data(bytes_of({1, 2, 3, 4})));
    const std::vector<float> as_it_is{1, 2, 3, 4}, turned{1, 3, 2, 4};
    EXPECT_EQ(values(read({}, "a.weight", {2, 2}, {named})), as_it_is);
    EXPECT_EQ(values(read({onnx_node("Transpose", {"a.weight"}, "t"), onnx_node("MatMul", {"x", "t"}, "p"), onnx_node("Add", {"p", "a.bias"}, "y")}, "a.weight", {2, 2}, {named})), as_it_is);
    EXPECT_EQ(values(read({onnx_node("Gemm", {"x", "a.weight", "a.bias"}, "y", onnx_integer("transB", 1))}, "a.weight", {2, 2}, {named})), as_it_is);
    EXPECT_EQ(values(read({onnx_node("MatMul", {"x", "a.weight"}, "p"), onnx_node("Add", {"p", "a.bias"}, "y")}, "a.weight", {2, 2}, {named})), turned);
}

TEST_F(OnnxWeightsTest, RefusesWhatItIsNotSureOf) {
    const auto none = "The ONNX file has neither a.weight nor a MatMul or Gemm with a constant, to whose product a.bias is added";
    const auto product = onnx_node("MatMul", {"x", "onnx::MatMul_7"}, "p"), sum = onnx_node("Add", {"a.bias", "p"}, "y");
    EXPECT_EQ(message(read({}, "a.weight", {3, 2})), none);
    EXPECT_EQ(message(read({product}, "a.weight", {3, 2})), none);
    EXPECT_EQ(message(read({onnx_node("MatMul", {"onnx::MatMul_7", "x"}, "p"), sum}, "a.weight", {3, 2})), none) << "the constant is not the second operand";
    EXPECT_EQ(message(read({onnx_node("Gemm", {"x", "onnx::MatMul_7", "a.bias"}, "y", onnx_integer("transA", 1))}, "a.weight", {3, 2})), none);
    EXPECT_EQ(message(read({onnx_node("Gemm", {"x", "onnx::MatMul_7", "a.bias"}, "y", bytes_field(5, bytes_field(1, "alpha") + varint(2 << 3 | 5) + std::string("\0\0\0\x40", 4)))}, "a.weight", {3, 2})),
              none);
    EXPECT_EQ(message(read({onnx_node("Identity", {"w"}, "v"), onnx_node("Identity", {"v"}, "w"), onnx_node("MatMul", {"x", "w"}, "p"), sum}, "a.weight", {3, 2})), none) << "a circle";
    EXPECT_EQ(message(read({product, sum}, "a.weight", {2, 3})), "The tensor a.weight has not the shape that config.json implies");
    EXPECT_EQ(message(read({product, sum, onnx_node("MatMul", {"x", "other"}, "q"), onnx_node("Add", {"a.bias", "q"}, "z")}, "a.weight", {3, 2},
                           {onnx_tensor("other", {2, 3}, raw_data(bytes_of({1, 1, 1, 1, 1, 1})))})),
              "The ONNX file adds a.bias to products with several constants; expected is one");
    EXPECT_EQ(message(read({}, "b.bias", {3})), "The model has no tensor b.bias");
    EXPECT_EQ(message(read({}, "ids", {1}, {onnx_tensor("ids", {1}, "", 7)})), "The tensor ids is not of type F32, F16 or BF16");
}

}  // namespace
}  // namespace agentic::embeddings

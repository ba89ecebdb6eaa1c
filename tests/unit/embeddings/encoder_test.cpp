// The encoder against numbers that tests/embeddings/reference.py computed in double precision.
#include "embeddings/encoder.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "embeddings/local_model.hpp"
#include "support/temp_dir.hpp"
#include "tiny_onnx.hpp"

namespace agentic::embeddings {
namespace {

using agentic::test::TempDir;
using test::write_tiny_model;

std::vector<TokenId> golden_ids(std::size_t length) {
    std::vector<TokenId> out(length);
    for (std::size_t i = 0; i < length; ++i) out[i] = i == 0 ? 2 : i == length - 1 ? 3 : static_cast<TokenId>(5 + i * 7 % 55);
    return out;
}

struct Golden {
    bool is_bert;
    std::size_t length;
    std::vector<float> expected;
};

// The output of reference.py.
const std::vector<Golden>& goldens() {
    static const std::vector<Golden> all{
        {true,
         5,
         {-0.0828876F, 0.1692904F, -0.1873826F, 0.0775415F, 0.1994247F, -0.1633056F, 0.1242909F, -0.2798112F,
          0.0309422F, -0.0918123F, 0.0716442F, -0.2502398F, 0.0009732F, 0.2647732F, -0.1665572F, -0.0530797F,
          0.1510847F, 0.5202321F, -0.0086011F, 0.0686680F, 0.0732322F, 0.0595994F, 0.0081690F, -0.3419783F,
          -0.0492092F, -0.0338998F, -0.0450407F, 0.3551031F, 0.1539278F, -0.0296497F, -0.0669395F, 0.0204958F}},
        {true,
         150,
         {-0.0899610F, 0.2025899F, -0.1608479F, 0.0137541F, 0.1780508F, -0.1219420F, 0.1186396F, -0.2246128F,
          0.0421205F, -0.1345688F, 0.0130921F, -0.2623452F, 0.0553903F, 0.2171263F, -0.0463241F, -0.0932907F,
          0.0727470F, 0.5141801F, 0.0293412F, 0.1257271F, 0.0186322F, 0.1039039F, -0.0122671F, -0.4254154F,
          -0.0424339F, -0.0187701F, -0.0759624F, 0.3965155F, 0.0907504F, 0.0420572F, -0.0990548F, -0.0136818F}},
        {false,
         5,
         {-0.0834906F, -0.0342292F, -0.2296661F, -0.0804451F, 0.1971371F, 0.0684569F, 0.0774217F, -0.1174894F,
          -0.1960774F, 0.0043797F, -0.0123502F, -0.2906845F, -0.2145160F, -0.1305012F, -0.0022092F, -0.2248813F,
          -0.1799851F, 0.0832087F, 0.0948811F, -0.0380952F, -0.0691623F, 0.1121333F, 0.5619435F, -0.0606525F,
          -0.0342364F, -0.1390062F, 0.1138406F, 0.1034360F, -0.0648941F, 0.3957681F, -0.1029843F, 0.1742448F}},
        {false,
         150,
         {-0.0966371F, 0.1192195F, -0.1562129F, -0.0468181F, 0.1666923F, 0.0953380F, 0.1012621F, -0.2233141F,
          -0.1550971F, 0.0762716F, -0.0909160F, -0.3385539F, -0.1729521F, -0.1991804F, 0.0474081F, -0.2799285F,
          -0.0615620F, -0.0574954F, 0.0499472F, -0.0726878F, -0.0546399F, 0.0985855F, 0.4966614F, -0.0246748F,
          -0.0034592F, -0.1574315F, 0.1111428F, 0.1706311F, -0.1433258F, 0.4257817F, -0.0726873F, 0.0408055F}},
    };
    return all;
}

float cosine(std::span<const float> a, std::span<const float> b) {
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        dot += static_cast<double>(a[i]) * b[i];
        aa += static_cast<double>(a[i]) * a[i];
        bb += static_cast<double>(b[i]) * b[i];
    }
    return static_cast<float>(dot / std::sqrt(aa * bb));
}

class EncoderTest : public testing::Test {
protected:
    Result<std::unique_ptr<Encoder>> load(bool is_bert, Precision precision) {
        const auto directory = folder / (is_bert ? "bert" : "mpnet");
        write_tiny_model(directory, is_bert, 200);
        return Encoder::load(directory, *read_model_config(directory), precision);
    }

    std::vector<float> embed(const Encoder& encoder, const std::vector<std::vector<TokenId>>& sequences) {
        std::vector<TokenSequence> views(sequences.begin(), sequences.end());
        std::vector<float> out(sequences.size() * test::kTinyHidden);
        encoder.run(views, out.data());
        return out;
    }

    TempDir folder;
};

TEST_F(EncoderTest, AgreesWithTheReferenceInSinglePrecision) {
    for (const auto& [is_bert, length, expected] : goldens()) {
        const auto encoder = load(is_bert, Precision::fp32);
        ASSERT_TRUE(encoder) << encoder.error().public_message;
        const auto row = embed(**encoder, {golden_ids(length)});
        for (std::size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(row[i], expected[i], 2e-6) << (is_bert ? "bert " : "mpnet ") << length << " at " << i;
    }
}

TEST_F(EncoderTest, ReadsOnnxFilesLikeSafetensors) {
    for (const bool is_bert : {true, false}) {
        const auto expected = load(is_bert, Precision::fp32);
        ASSERT_TRUE(expected);
        for (const auto& [file, prefix] : {std::pair{"model.onnx", ""}, {"onnx/model.onnx", "model."}, {"model.onnx", "0.auto_model.bert."}}) {
            const auto directory = folder / std::format("{}{}", prefix, is_bert);
            test::write_tiny_files(directory, is_bert, 200);
            test::write_text(directory / file, test::onnx_of(test::tiny_tensors(is_bert), prefix));
            const auto encoder = Encoder::load(directory, *read_model_config(directory), Precision::fp32);
            ASSERT_TRUE(encoder) << encoder.error().public_message;
            EXPECT_EQ(embed(**encoder, {golden_ids(150)}), embed(**expected, {golden_ids(150)})) << file;
        }
    }
}

TEST_F(EncoderTest, PrefersSafetensorsAndNamesWhatAnOnnxFileLacks) {
    ASSERT_TRUE(load(true, Precision::fp32));
    const auto directory = folder / "bert";
    test::write_text(directory / "model.onnx", "not an ONNX file");
    EXPECT_EQ(weights_file(directory), directory / "model.safetensors");
    EXPECT_TRUE(Encoder::load(directory, *read_model_config(directory), Precision::fp32));
    std::filesystem::remove(directory / "model.safetensors");
    EXPECT_EQ(Encoder::load(directory, *read_model_config(directory), Precision::fp32).error().code, ErrorCode::bad_request);
    auto tensors = test::tiny_tensors(true);
    std::erase_if(tensors, [](const auto& tensor) { return tensor.name == "encoder.layer.1.output.dense.bias"; });
    test::write_text(directory / "model.onnx", test::onnx_of(tensors));
    EXPECT_EQ(Encoder::load(directory, *read_model_config(directory), Precision::fp32).error().public_message, "The model has no tensor encoder.layer.1.output.dense.bias");
}

TEST_F(EncoderTest, ASecondTextHasItsOwnTokenType) {
    const auto encoder = load(true, Precision::fp32);
    ASSERT_TRUE(encoder);
    const auto ids = golden_ids(9);
    std::vector<float> plain(test::kTinyHidden), pair(test::kTinyHidden), behind(test::kTinyHidden);
    const TokenSequence one[] = {{ids}}, two[] = {{ids, 4}}, none[] = {{ids, 9}};
    (*encoder)->run(one, plain.data());
    (*encoder)->run(two, pair.data());
    (*encoder)->run(none, behind.data());
    EXPECT_LT(cosine(plain, pair), 0.999F);
    EXPECT_EQ(plain, behind) << "no token is of type 1";
    const auto mpnet = load(false, Precision::fp32);
    EXPECT_THROW((*mpnet)->run(two, pair.data()), std::logic_error);
}

TEST_F(EncoderTest, StaysCloseInEightBits) {
    if (!(*OneDnn::get())->has_int8()) {   // older instructions add eight-bit products up in sixteen bits, which overflow: nobody gets them without asking
        EXPECT_EQ(*chosen(PrecisionChoice::automatic), Precision::fp32);
        return;
    }
    EXPECT_EQ(*chosen(PrecisionChoice::automatic), Precision::int8);
    for (const auto& [is_bert, length, expected] : goldens()) {
        const auto encoder = load(is_bert, Precision::int8);
        ASSERT_TRUE(encoder);
        const auto row = embed(**encoder, {golden_ids(length)});
        EXPECT_GT(cosine(row, expected), 0.999F);
        EXPECT_LT(cosine(row, expected), 0.9999999F) << "the eight-bit path must have run";
    }
}

TEST_F(EncoderTest, ASequenceDoesNotSeeItsNeighboursInThePass) {
    for (const bool is_bert : {true, false}) {
        const auto encoder = load(is_bert, Precision::fp32);
        ASSERT_TRUE(encoder);
        std::vector<std::vector<TokenId>> sequences;
        for (const std::size_t length : {3, 150, 2, 64, 65, 7, 128}) sequences.push_back(golden_ids(length));
        const auto together = embed(**encoder, sequences);
        for (std::size_t s = 0; s < sequences.size(); ++s) {
            const auto alone = embed(**encoder, {sequences[s]});
            for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_NEAR(alone[i], together[s * alone.size() + i], 1e-6) << s;
        }
    }
}

TEST_F(EncoderTest, RowsHaveLengthOne) {
    const auto encoder = load(true, Precision::fp32);
    ASSERT_TRUE(encoder);
    const auto row = embed(**encoder, {golden_ids(2)});
    double squares = 0;
    for (const float x : row) squares += static_cast<double>(x) * x;
    EXPECT_NEAR(squares, 1, 1e-6);
}

TEST_F(EncoderTest, RefusesWeightsThatDoNotFitTheConfiguration) {
    const auto directory = folder / "odd";
    write_tiny_model(directory, true);
    auto config = *read_model_config(directory);
    config.feed_forward = 48;
    EXPECT_EQ(Encoder::load(directory, config, Precision::fp32).error().code, ErrorCode::bad_request);
    config = *read_model_config(directory);
    config.layers = 3;
    EXPECT_EQ(Encoder::load(directory, config, Precision::fp32).error().public_message, "The model has no tensor encoder.layer.2.attention.self.query.weight");
    std::filesystem::remove(directory / "model.safetensors");
    EXPECT_EQ(Encoder::load(directory, *read_model_config(directory), Precision::fp32).error().code, ErrorCode::not_found);
}

TEST_F(EncoderTest, NamesWhatItCannotRun) {
    const auto directory = folder / "config";
    write_tiny_model(directory, true);
    const auto refusal = [&](std::string_view json) {
        test::write_text(directory / "config.json", json);
        return read_model_config(directory).error().public_message;
    };
    EXPECT_EQ(refusal(R"({"model_type":"llama"})"), "config.json: model_type must be bert or mpnet");
    EXPECT_EQ(refusal(R"({"model_type":"bert","num_hidden_layers":-1})"), "config.json: num_hidden_layers must be a whole number from 1 to 128");
    EXPECT_TRUE(refusal("[]").ends_with("is not a JSON object"));
}

}  // namespace
}  // namespace agentic::embeddings

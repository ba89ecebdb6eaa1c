// Model directories of both kinds: weights in safetensors or ONNX, encoders and rerankers. More of the store is in embedder_test.cpp.
#include "embeddings/model_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/temp_dir.hpp"
#include "tiny_onnx.hpp"

namespace agentic::embeddings {
namespace {

using agentic::test::TempDir;

class ModelStoreKinds : public testing::Test {
protected:
    StoredModel listed(std::string_view name) {
        const auto all = store.list();
        const auto found = std::ranges::find(all, name, &StoredModel::name);
        return found == all.end() ? StoredModel{} : *found;
    }
    std::string refusal(std::string_view name) {
        const auto installed = store.install(name, from.path());
        return installed ? "" : installed.error().public_message;
    }

    TempDir from, to;
    ModelStore store{{to.path()}};
};

TEST_F(ModelStoreKinds, InstallsOnnxDirectories) {
    test::write_tiny_files(from.path(), true);
    EXPECT_TRUE(refusal("tiny").ends_with("has no weights: neither model.safetensors nor model.onnx nor onnx/model.onnx"));
    test::write_text(from / "onnx/model.onnx", test::onnx_of(test::tiny_tensors(true)));
    test::write_text(from / "onnx/model_quantized.onnx", "something else");
    EXPECT_EQ(refusal("tiny"), "");
    EXPECT_TRUE(store.verify("tiny"));
    EXPECT_EQ(listed("tiny").weights, "onnx/model.onnx");
    EXPECT_EQ(listed("tiny").dimensions, 32U);
    EXPECT_FALSE(std::filesystem::exists(to / "tiny/onnx/model_quantized.onnx"));
    test::write_text(from / "onnx/model.onnx", test::onnx_model({test::onnx_node("MatMulInteger", {"a"}, "b")}, {}));
    EXPECT_TRUE(refusal("tiny").starts_with("The ONNX file cannot be used: it is quantised"));
    EXPECT_TRUE(store.verify("tiny")) << "the old one stays";
    EXPECT_TRUE(refusal("all-MiniLM-L6-v2").contains("has no model.safetensors, which belongs to all-MiniLM-L6-v2"));
}

TEST_F(ModelStoreKinds, TakesSafetensorsWhereBothExist) {
    test::write_tiny_model(from.path(), true);
    test::write_text(from / "model.onnx", "not looked at");
    EXPECT_EQ(refusal("tiny"), "");
    EXPECT_EQ(listed("tiny").weights, "model.safetensors");
    EXPECT_FALSE(std::filesystem::exists(to / "tiny/model.onnx"));
}

TEST_F(ModelStoreKinds, VerifiesRerankersWithTheirHead) {
    test::write_tiny_reranker(from.path());
    EXPECT_EQ(refusal("cross"), "");
    EXPECT_TRUE(listed("cross").is_reranker);
    EXPECT_EQ(listed("cross").dimensions, 0U);
    test::write_text(from / "model.safetensors", test::safetensors_of(test::tiny_tensors(true)));
    EXPECT_EQ(refusal("cross"), "The model has no tensor pooler.dense.weight");
    EXPECT_EQ(refusal("all-mpnet-base-v2"), "config.json: all-mpnet-base-v2 gives vectors, this model gives scores");
    test::write_tiny_files(from.path(), true, 24, R"(,"architectures":["BertForSequenceClassification"])");
    EXPECT_EQ(refusal("cross"), "config.json: a reranking model is a BertForSequenceClassification with one label");
}

}  // namespace
}  // namespace agentic::embeddings

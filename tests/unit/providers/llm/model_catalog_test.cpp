#include "providers/llm/model_catalog.hpp"

#include <gtest/gtest.h>

namespace agentic::llm {
namespace {

TEST(ModelCatalog, KnowsTheReferenceModels) {
    const auto catalog = ModelCatalog::builtin();
    const auto opus = catalog.find("anthropic", "claude-opus-5-5");
    EXPECT_TRUE(opus.known);
    EXPECT_EQ(opus.context_window, 1'000'000);
    EXPECT_EQ(opus.max_output, 128'000);
    EXPECT_FALSE(opus.temperature);
    EXPECT_EQ(opus.prices, (ModelPrices{4'000'000, 20'000'000, 400'000, 5'000'000}));
    EXPECT_EQ(catalog.find("anthropic", "claude-sonnet-5-5").prices.output, 10'000'000);
    EXPECT_EQ(catalog.find("anthropic", "claude-fable-5-1").prices.input, 10'000'000);
    EXPECT_TRUE(catalog.find("anthropic", "claude-sonnet-4-5").temperature);
    EXPECT_FALSE(catalog.find("openai", "o3").temperature);
    EXPECT_TRUE(catalog.find("openai", "gpt-4o").temperature);
    EXPECT_EQ(catalog.find("extractive", "extractive").prices, ModelPrices{});
}

TEST(ModelCatalog, DatedNamesAreTheModelItself) {
    const auto catalog = ModelCatalog::builtin();
    const auto dated = catalog.find("anthropic", "claude-opus-4-5-20251101");
    EXPECT_TRUE(dated.known);
    EXPECT_EQ(dated.id, "claude-opus-4-5-20251101");
    EXPECT_EQ(dated.prices, catalog.find("anthropic", "claude-opus-4-5").prices);
    EXPECT_TRUE(catalog.find("openai", "gpt-4o-2024-08-06").known);
}

TEST(ModelCatalog, UnknownModelsGetSaneValues) {
    const auto catalog = ModelCatalog::builtin();
    for (const auto& [provider, model] : std::vector<std::pair<std::string, std::string>>{
             {"anthropic", "claude-opus-9"}, {"anthropic", "claude-"}, {"anthropic", ""}, {"openai", "gpt-9"}, {"openai", "x"}, {"openai_compatible", "llama"}, {"nobody", "x"}}) {
        const auto info = catalog.find(provider, model);
        EXPECT_FALSE(info.known) << model;
        EXPECT_EQ(info.provider, provider);
        EXPECT_EQ(info.id, model);
        EXPECT_GE(info.context_window, info.max_output) << model;
        EXPECT_GT(info.max_output, 0);
    }
    EXPECT_EQ(catalog.find("anthropic", "claude-opus-9").prices, catalog.find("anthropic", "claude-opus-5-5").prices) << "of its family";
}

TEST(ModelCatalog, TheOperatorOverridesAndAdds) {
    auto catalog = ModelCatalog::builtin();
    ASSERT_TRUE(catalog.apply(R"({"models":[
        {"provider":"anthropic","id":"claude-opus-5-5","prices":{"output":1}},
        {"provider":"openai_compatible","id":"llama","context_window":8192,"max_output":1024,"tools":false}]})"));
    const auto opus = catalog.find("anthropic", "claude-opus-5-5");
    EXPECT_EQ(opus.prices.output, 1);
    EXPECT_EQ(opus.prices.input, 4'000'000) << "what is not named stays";
    const auto llama = catalog.find("openai_compatible", "llama");
    EXPECT_TRUE(llama.known);
    EXPECT_FALSE(llama.tools);
    EXPECT_EQ(llama.context_window, 8192);
}

TEST(ModelCatalog, ReportsEveryFaultOfAnOverride) {
    auto catalog = ModelCatalog::builtin();
    const auto before = catalog.models().size();
    const auto applied = catalog.apply(R"({"models":[{"provider":"","tools":1,"max_output":0,"price":3,"prices":{"input":-1,"inputs":2}}, 7]})");
    ASSERT_FALSE(applied);
    std::vector<std::string> fields;
    for (const auto& violation : applied.error().violations) fields.push_back(violation.field);
    EXPECT_EQ(fields, (std::vector<std::string>{"models[0].provider", "models[0].id", "models[0].max_output", "models[0].tools", "models[0].prices.input", "models[0].prices.inputs",
                                                "models[0].price", "models[1]"}));
    for (const std::string_view text : {"", "[]", "{}", "{\"models\":{}}", "{\"models\":[],\"x\":1}", "nonsense"}) EXPECT_FALSE(catalog.apply(text)) << text;
    EXPECT_EQ(catalog.models().size(), before);
}

TEST(CostMicros, RoundsHalfUpOnce) {
    const ModelPrices prices{.input = 4'000'000, .output = 20'000'000, .cache_read = 400'000, .cache_write = 5'000'000};
    EXPECT_EQ(cost_micros(prices, {.input_tokens = 1'000'000}), 4'000'000);
    EXPECT_EQ(cost_micros(prices, {.input_tokens = 1, .output_tokens = 1}), 24);
    EXPECT_EQ(cost_micros(prices, {.input_tokens = 1000, .output_tokens = 10, .cache_read_tokens = 600, .cache_write_tokens = 100}), 300 * 4 + 200 + 240 + 500);
    EXPECT_EQ(cost_micros({.input = 500'000}, {.input_tokens = 1}), 1) << "0.5 rounds up";
    EXPECT_EQ(cost_micros({.input = 499'999}, {.input_tokens = 1}), 0);
    EXPECT_EQ(cost_micros({.input = 250'000, .output = 250'000}, {.input_tokens = 1, .output_tokens = 1}), 1) << "the sum is rounded, not its parts";
    EXPECT_EQ(cost_micros(prices, {}), 0);
    EXPECT_EQ(cost_micros(prices, {.input_tokens = -5, .output_tokens = -5, .cache_read_tokens = -1}), 0);
    EXPECT_EQ(cost_micros(prices, {.input_tokens = 10, .cache_read_tokens = 20}), 8) << "more cached than sent: never negative";
    EXPECT_EQ(cost_micros({.input = 1'000'000'000'000}, {.input_tokens = 2'000'000}), 2'000'000'000'000);
}

}  // namespace
}  // namespace agentic::llm

#include "services/runs/model_access.hpp"

#include <gtest/gtest.h>

namespace agentic::services {
namespace {

/// What a million tokens of input cost, asked of `requested` and answered by `reported`.
std::int64_t price(const llm::ModelCatalog& catalog, std::string provider, std::string requested, std::string reported) {
    return CatalogFacts(catalog)
        .cost({.provider = std::move(provider), .requested_model = std::move(requested), .model = std::move(reported), .usage = {.input_tokens = 1'000'000}})
        .micros;
}

TEST(CatalogFacts, PricesByTheModelThatAnsweredWhenItIsKnownElseByTheOneThatWasAsked) {
    auto catalog = llm::ModelCatalog::builtin();
    ASSERT_TRUE(catalog.apply(R"({"models":[{"provider":"openai_compatible","id":"house","prices":{"input":7}}]})"));
    EXPECT_EQ(price(catalog, "openai", "gpt-5", "gpt-5-2026-01-01"), 1'250'000) << "dated";
    EXPECT_EQ(price(catalog, "openai", "gpt-5", "gpt-5-mini"), 250'000) << "another model answered";
    EXPECT_EQ(price(catalog, "openai_compatible", "house", "llama-3.3-q4"), 7) << "under a name of its own";
    EXPECT_EQ(price(catalog, "anthropic", "claude-opus-9", "claude-opus-9"), 4'000'000) << "of its family";
}

}  // namespace
}  // namespace agentic::services

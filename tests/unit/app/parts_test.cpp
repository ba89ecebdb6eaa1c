#include "app/parts.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "app/config/load.hpp"
#include "support/scripted_run.hpp"

namespace agentic::app {
namespace {

Config config_with(Variables environment) {
    auto loaded = load_config(std::vector<Layer>{{"environment", std::move(environment)}});
    EXPECT_TRUE(loaded.problems.empty());
    return std::move(loaded.config);
}

TEST(AgentDefaults, AreExtractiveUntilAModelKeyIsSet) {
    EXPECT_EQ(agent_defaults(config_with({})).model_provider, "extractive");
    EXPECT_EQ(agent_defaults(config_with({{"OPENAI_API_KEY", "k"}})).model_provider, "openai");
    const auto both = agent_defaults(config_with({{"OPENAI_API_KEY", "k"}, {"ANTHROPIC_API_KEY", "k"}}));
    EXPECT_EQ(both.model_provider, "anthropic");
    EXPECT_FALSE(both.model_name.empty());
}

TEST(AgentDefaults, FollowTheOperator) {
    const auto chosen = agent_defaults(config_with({{"ANTHROPIC_API_KEY", "k"}, {"DEFAULT_MODEL_PROVIDER", "extractive"}, {"DEFAULT_MODEL", "mine"},
                                                    {"DEFAULT_AGENT_TIMEOUT", "7"}, {"MAX_AGENT_ITERATIONS", "3"}}));
    EXPECT_EQ(chosen.model_provider, "extractive");
    EXPECT_EQ(chosen.model_name, "mine");
    EXPECT_EQ(chosen.timeout_seconds, 7);
    EXPECT_EQ(chosen.max_iterations, 3);
}

TEST(AgentDefaults, NameModelsOfTheCatalog) {
    const auto catalog = llm::ModelCatalog::builtin();
    for (const auto* key : {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"}) {
        const auto defaults = agent_defaults(config_with({{key, "k"}}));
        EXPECT_TRUE(catalog.find(defaults.model_provider, defaults.model_name).known) << defaults.model_name;
    }
}

TEST(ServerSettings, ComeFromTheConfiguration) {
    const auto settings = server_settings(config_with({{"HOST", "0.0.0.0"}, {"PORT", "9"}, {"MAX_BODY_BYTES", "4096"}, {"ALLOWED_ORIGINS", "https://a.example"},
                                                       {"TRUSTED_PROXIES", "10.0.0.0/8"}, {"MAX_UPLOAD_BYTES", "5000"}, {"BODY_MEMORY_MB", "64"}, {"DATA_DIR", "/d"}}));
    EXPECT_EQ(settings.address, "0.0.0.0");
    EXPECT_EQ(settings.port, 9);
    EXPECT_EQ(settings.body_limit_bytes, 4096U);
    EXPECT_EQ(settings.allowed_origins, std::vector<std::string>{"https://a.example"});
    EXPECT_EQ(settings.trusted_proxies, std::vector<std::string>{"10.0.0.0/8"});
    EXPECT_TRUE(settings.cors_credentials);
    EXPECT_EQ(settings.upload_limit_bytes, 5000U);
    EXPECT_EQ(settings.body_memory_max_bytes, 64U << 20);
    EXPECT_EQ(settings.upload_directory, "/d/uploads");
}

TEST(ModelCatalogOf, TakesTheOperatorsFileAndNamesTheSettingWhenItIsWrong) {
    const auto path = testing::TempDir() + "prices.json";
    std::ofstream(path) << R"({"models": [{"provider": "openai_compatible", "id": "mine", "context_window": 1234}]})";
    const auto catalog = model_catalog(config_with({{"MODEL_PRICES", path}}).models);
    ASSERT_TRUE(catalog) << catalog.error().public_message;
    EXPECT_EQ(catalog->find("openai_compatible", "mine").context_window, 1234);
    std::ofstream(path) << "nonsense";
    EXPECT_TRUE(model_catalog(config_with({{"MODEL_PRICES", path}}).models).error().public_message.starts_with("MODEL_PRICES: "));
    EXPECT_FALSE(model_catalog(config_with({{"MODEL_PRICES", "/nonexistent"}}).models));
}

TEST(OutboundClientOf, TakesEveryAllowListThatTheConfigurationAccepts) {
    for (const auto* list : {"", "127.0.0.1:11434", "10.0.0.0/8, [fd00::/8]:443", "::1", "192.168.1.7"}) {
        const auto client = outbound_client(config_with({{"OUTBOUND_ALLOW", list}}).models);
        EXPECT_TRUE(client) << list << ": " << (client ? "" : client.error().public_message);
    }
    EXPECT_FALSE(outbound_client(config_with({{"OUTBOUND_CA_FILE", "/nonexistent"}}).models));
}

TEST(OutboundClientOf, RefusesThisMachinesOwnPublicAddress) {  // of scripted_interfaces.cpp
    const auto client = outbound_client(config_with({}).models);
    ASSERT_TRUE(client);
    boost::asio::io_context context;
    http::OutboundRequest request;
    request.url = "http://8.8.8.8:9/";
    request.total_timeout = std::chrono::milliseconds(100);
    const auto response = test::run(context, (*client)->send(std::move(request)));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::forbidden);
}

TEST(ProviderSettings, NameWhatTheOperatorHasToSet) {
    const auto providers = provider_settings(config_with({{"ANTHROPIC_API_KEY", "sk"}}).models);
    EXPECT_EQ(providers.at("anthropic").api_key.reveal(), "sk");
    EXPECT_EQ(providers.at("openai").key_setting, "OPENAI_API_KEY");
    EXPECT_FALSE(providers.at("openai_compatible").needs_key);
    for (const auto& [name, provider] : providers) {
        EXPECT_TRUE(find_setting(provider.key_setting)) << name;
        EXPECT_TRUE(find_setting(provider.base_url_setting)) << name;
    }
}

}  // namespace
}  // namespace agentic::app

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "app/config/load.hpp"
#include "app/config/render.hpp"

namespace agentic::app {
namespace {

const std::string kStrong = "k3Jx-9TqLz0_wVb7Rm2NcYh5Gd8SfPaE";
const std::string kStrongToo = "pZ6uWq1XoC4tMv8LyBn3RkHs7JdGe_2F";

LoadedConfig load(Variables environment) { return load_config(std::vector<Layer>{{"environment", std::move(environment)}}); }

std::vector<std::string> variables(const LoadedConfig& loaded) {
    std::vector<std::string> names;
    for (const auto& problem : loaded.problems) names.push_back(problem.variable);
    std::ranges::sort(names);
    return names;
}

std::string file_with(const std::string& name, const std::string& text) {
    const auto path = testing::TempDir() + name;
    std::ofstream(path) << text;
    return path;
}

TEST(Config, DefaultsAreThoseOfTheSpecification) {
    const auto loaded = load({});
    EXPECT_TRUE(loaded.problems.empty()) << problems_as_json(loaded);
    const auto& config = loaded.config;
    EXPECT_EQ(config.server.port, 8000);
    EXPECT_EQ(config.server.host, "127.0.0.1");
    EXPECT_EQ(config.agents.default_timeout, std::chrono::seconds(300));
    EXPECT_EQ(config.agents.max_iterations, 10);
    EXPECT_EQ(config.database.pool_size, 20U);
    EXPECT_EQ(config.database.max_overflow, 10U);
    EXPECT_EQ(config.security.access_token_lifetime, std::chrono::minutes(15));
    EXPECT_EQ(config.security.refresh_token_lifetime, std::chrono::days(7));
    EXPECT_EQ(config.general.environment, Environment::development);
    EXPECT_TRUE(config.server.allowed_origins.empty());
}

TEST(Config, EveryDefaultPassesItsOwnRule) {
    for (const auto& setting : settings()) {
        Value value;
        EXPECT_TRUE(setting.default_value.empty() || setting.reader.read(setting.default_value, value)) << setting.name;
    }
}

TEST(Config, EarlierLayersWinAndEmptyValuesCountAsNotSet) {
    const std::vector<Layer> layers{{"flag", {{"PORT", "1"}}}, {"environment", {{"PORT", "2"}, {"THREADS", ""}}}, {".env", {{"PORT", "3"}, {"THREADS", "4"}}},
                                    {"file", {{"PORT", "5"}, {"THREADS", "6"}, {"DRAIN_SECONDS", "7"}}}};
    const auto loaded = load_config(layers);
    EXPECT_EQ(loaded.config.server.port, 1);
    EXPECT_EQ(loaded.config.server.threads, 4U);
    EXPECT_EQ(loaded.config.server.drain_delay, std::chrono::seconds(7));
    const auto source = [&](std::string_view name) { return std::ranges::find(loaded.entries, name, [](auto& e) { return e.setting->name; })->source; };
    EXPECT_EQ(source("PORT"), "flag");
    EXPECT_EQ(source("THREADS"), ".env");
    EXPECT_EQ(source("DRAIN_SECONDS"), "file");
    EXPECT_EQ(source("HOST"), "default");
}

TEST(Config, ReportsAllProblemsAtOnceAndNoValue) {
    const auto loaded = load({{"PORT", "80a0"}, {"THREADS", "-1"}, {"JWT_SECRET", "hunter2"}, {"ENVIRONMENT", "prod"}, {"ALLOWED_ORIGINS", "https://a.example, *"},
                              {"DATABASE_URL", "mysql://u:hunter2@h/d"}, {"HOST", "example.com"}, {"OUTBOUND_ALLOW", "10.0.0.0/33"}, {"REDIS_URL", "localhost"}});
    EXPECT_EQ(variables(loaded), (std::vector<std::string>{"ALLOWED_ORIGINS", "DATABASE_URL", "ENVIRONMENT", "HOST", "JWT_SECRET", "OUTBOUND_ALLOW", "PORT", "REDIS_URL",
                                                           "THREADS"}));
    EXPECT_FALSE(problems_as_json(loaded).contains("hunter2"));
    const auto port = std::ranges::find(loaded.problems, "PORT", &ConfigProblem::variable);
    EXPECT_EQ(port->to_string(), "PORT (environment): must be an integer: from 0 to 65535");
    EXPECT_EQ(port->value_class, "integer");
}

TEST(Config, StripsTheDriverOfADatabaseUrl) {
    for (const auto* url : {"postgresql+asyncpg://a:b@h:5432/d", "postgres://a:b@h:5432/d", "postgresql://a:b@h:5432/d", "postgresql+psycopg2://a:b@h:5432/d"}) {
        EXPECT_EQ(load({{"DATABASE_URL", url}}).config.database.url.reveal(), "postgresql://a:b@h:5432/d");
    }
}

TEST(Config, ReadsAnyValueFromAFile) {
    const auto loaded = load({{"JWT_SECRET_FILE", file_with("jwt", kStrong + "\r\n")}, {"PORT_FILE", file_with("port", "9000\n")}});
    EXPECT_TRUE(loaded.problems.empty()) << problems_as_json(loaded);
    EXPECT_EQ(loaded.config.security.jwt_secret.reveal(), kStrong);
    EXPECT_EQ(loaded.config.server.port, 9000);
}

TEST(Config, RefusesAMissingFileAndTwoSourcesAtOnce) {
    EXPECT_EQ(variables(load({{"JWT_SECRET_FILE", "/nonexistent"}})), std::vector<std::string>{"JWT_SECRET"});
    EXPECT_EQ(variables(load({{"JWT_SECRET_FILE", testing::TempDir()}})), std::vector<std::string>{"JWT_SECRET"});
    EXPECT_EQ(variables(load({{"JWT_SECRET", kStrong}, {"JWT_SECRET_FILE", file_with("jwt", kStrong)}})), std::vector<std::string>{"JWT_SECRET"});
}

TEST(Config, TreatsAnUnknownNameInTheConfigFileAsATypingError) {
    const Variables values{{"PROT", "1"}, {"PORT_FILE", "/nonexistent"}, {"PATH", "/bin"}};
    EXPECT_EQ(variables(load_config(std::vector<Layer>{{"agentic.conf", values, true}})), (std::vector<std::string>{"PATH", "PORT", "PROT"}));
    EXPECT_EQ(variables(load_config(std::vector<Layer>{{".env", values, false}})), std::vector<std::string>{"PORT"});
}

TEST(Config, ReadsOriginsAndNetworks) {
    const auto config = load({{"ALLOWED_ORIGINS", "https://a.example , http://localhost:3000,"}, {"OUTBOUND_ALLOW", "127.0.0.1:11434, 10.0.0.0/8,[fd00::/8]:443,::1"}}).config;
    EXPECT_EQ(config.server.allowed_origins, (std::vector<std::string>{"https://a.example", "http://localhost:3000"}));
    EXPECT_EQ(config.models.outbound_allow, (std::vector<std::string>{"127.0.0.1:11434", "10.0.0.0/8", "[fd00::/8]:443", "::1"}));
    for (const auto* bad : {"*", "https://*.example", "a.example", "https://a.example/path", "https://a.example:0", "https://u@a.example", "null"}) {
        EXPECT_EQ(variables(load({{"ALLOWED_ORIGINS", bad}})).size(), 1U) << bad;
    }
    for (const auto* bad : {"10.0.0.0/33", "10.0.0", "[::1]443", "[::1]:0", "10.0.0.1:70000", "::/129", "localhost", "10.0.0.1/8"}) {
        EXPECT_EQ(variables(load({{"OUTBOUND_ALLOW", bad}})).size(), 1U) << bad;
    }
}

TEST(Config, NamesTheEntryThatBreaksAList) {
    const auto problem = [](Variables values) { return load(std::move(values)).problems.at(0).to_string(); };
    EXPECT_EQ(problem({{"TRUSTED_PROXIES", "10.0.0.0/8, 1.2.3.4/0"}}), "TRUSTED_PROXIES (environment): must be a list of networks: comma-separated address[/bits]; not 1.2.3.4/0");
    EXPECT_TRUE(problem({{"OUTBOUND_ALLOW", "10.0.0.0/8, 10.0.0.1/8:80"}}).ends_with("; not 10.0.0.1/8:80"));
    EXPECT_TRUE(problem({{"ALLOWED_ORIGINS", "https://a.example, https://u:hunter2@b.example"}}).ends_with("; not https://u:***@b.example"));
    EXPECT_TRUE(problem({{"TRUSTED_PROXIES", "\xff"}}).ends_with("; not (not UTF-8)"));
}

TEST(Config, ReadsTheRedisUrlWhole) {
    EXPECT_EQ(load({{"REDIS_URL", "rediss://app:hunter2@cache.example:6380/2"}}).config.embeddings.redis_url.reveal(), "rediss://app:hunter2@cache.example:6380/2");
    for (const auto* bad : {"redis://", "redis://cache:port", "redis://cache/one", "unix:///run/redis.sock", "redis://user@cache"}) EXPECT_EQ(variables(load({{"REDIS_URL", bad}})).size(), 1U) << bad;
}

TEST(Config, ReadsTheSentryDsnWhole) {
    EXPECT_EQ(load({{"SENTRY_DSN", "https://key@sentry.example/7"}}).config.log.sentry_dsn.reveal(), "https://key@sentry.example/7");
    for (const auto* bad : {"https://sentry.example/7", "https://key@sentry.example", "sentry.example"}) EXPECT_EQ(variables(load({{"SENTRY_DSN", bad}})).size(), 1U) << bad;
}

TEST(Config, PrintsNoSecret) {
    const auto loaded = load({{"JWT_SECRET", kStrong}, {"ANTHROPIC_API_KEY", "sk-ant-hunter2"}, {"DATABASE_URL", "postgresql://app:hunter2@db/agentic?sslpassword=:hunter2"},
                              {"REDIS_URL", "redis://:hunter2@cache:6379"}, {"SENTRY_DSN", "https://hunter2:hunter2@sentry.example/1"}});
    EXPECT_TRUE(loaded.problems.empty()) << problems_as_json(loaded);
    for (const auto& text : {config_as_text(loaded), config_as_json(loaded), problems_as_json(loaded)}) {
        EXPECT_FALSE(text.contains(":hunter2")) << text;
        EXPECT_FALSE(text.contains("sk-ant")) << text;
        EXPECT_FALSE(text.contains(kStrong)) << text;
    }
    EXPECT_TRUE(config_as_text(loaded).contains("DATABASE_URL=postgresql://app:***@db/agentic?sslpassword=***"));
    EXPECT_TRUE(config_as_json(loaded).contains(R"({"name":"JWT_SECRET","value":"***","source":"environment"})"));
}

TEST(Config, PrintsNoPasswordOfADatabaseUrl) {
    const std::pair<std::string, std::string> cases[] = {
        {"postgresql://app:hunter2@db/agentic?sslmode=require", "postgresql://app:***@db/agentic?sslmode=require"},
        {"postgresql://db/agentic?user=app&password=hunter2", "postgresql://db/agentic?user=app&password=***"},
        {"postgresql://db/agentic?password=hunter2&sslmode=require", "postgresql://db/agentic?password=***&sslmode=require"},
        {"postgresql://db/agentic?sslkey=/k.pem&sslpassword=hunter2", "postgresql://db/agentic?sslkey=/k.pem&sslpassword=***"},
        {"postgresql://app:hunter2@db/agentic?sslpassword=hunter2", "postgresql://app:***@db/agentic?sslpassword=***"},
        {"postgresql://db/agentic?p%61ssword=hunter2", "postgresql://db/agentic?p%61ssword=***"},
        {"postgresql://db/agentic?password=%68unter2", "postgresql://db/agentic?password=***"},
        {"postgresql://db?password=hunter2", "postgresql://db?password=***"},
        {"postgresql://app:hunter2?password=hunter2@db/agentic", "postgresql://app:***@db/agentic"},
        {"postgresql://app:hun#ter2@db/agentic", "postgresql://app:***@db/agentic"},
        {"postgresql://app@db/agentic?application_name=password", "postgresql://app@db/agentic?application_name=password"},
    };
    for (const auto& [url, shown] : cases) {
        const auto loaded = load({{"DATABASE_URL", url}});
        EXPECT_TRUE(config_as_text(loaded).contains("DATABASE_URL=" + shown + " ")) << url << "\n" << config_as_text(loaded);
        EXPECT_FALSE(config_as_json(loaded).contains("unter2")) << url;
    }
}

TEST(Config, KeepsWithinTheBoundsOfTheApi) {
    EXPECT_TRUE(load({{"DEFAULT_AGENT_TIMEOUT", "3600"}, {"MAX_AGENT_ITERATIONS", "100"}}).problems.empty());
    EXPECT_EQ(variables(load({{"DEFAULT_AGENT_TIMEOUT", "3601"}, {"MAX_AGENT_ITERATIONS", "101"}})), (std::vector<std::string>{"DEFAULT_AGENT_TIMEOUT", "MAX_AGENT_ITERATIONS"}));
}

TEST(Config, RefusesADefaultModelThatNoAgentMayHave) {
    const auto wrong = load({{"DEFAULT_MODEL_PROVIDER", "anthropic"}, {"DEFAULT_MODEL", "gpt-5.4"}});
    EXPECT_EQ(variables(wrong), std::vector<std::string>{"DEFAULT_MODEL"});
    EXPECT_EQ(wrong.problems.front().to_string(), "DEFAULT_MODEL (environment): must start with claude- when model_provider is anthropic");
    EXPECT_EQ(variables(load({{"ANTHROPIC_API_KEY", "k"}, {"DEFAULT_MODEL", "gpt-5.4"}})), std::vector<std::string>{"DEFAULT_MODEL"});  // auto is anthropic then
    EXPECT_TRUE(load({{"OPENAI_API_KEY", "k"}, {"DEFAULT_MODEL", "gpt-5.4"}}).problems.empty());
    EXPECT_TRUE(load({{"DEFAULT_MODEL_PROVIDER", "anthropic"}, {"DEFAULT_MODEL", "claude-opus-5"}}).problems.empty());
}

TEST(Config, NamesItsFlags) {
    EXPECT_EQ(find_setting("DATABASE_POOL_SIZE")->flag(), "--database-pool-size");
    EXPECT_EQ(find_setting("JWT_SECRET")->flag(), "--jwt-secret-file");
}

TEST(Production, StartsWithTwoStrongSecrets) {
    const auto loaded = load({{"ENVIRONMENT", "production"}, {"JWT_SECRET", kStrong}, {"SECRET_KEY", kStrongToo}, {"DATABASE_URL", "postgresql://app:Vu6_tr0Yq@db/agentic"}});
    EXPECT_TRUE(loaded.problems.empty()) << problems_as_json(loaded);
}

TEST(Production, RefusesMissingSharedAndDefaultSecrets) {
    EXPECT_EQ(variables(load({{"ENVIRONMENT", "production"}})), (std::vector<std::string>{"JWT_SECRET", "SECRET_KEY"}));
    EXPECT_EQ(variables(load({{"ENVIRONMENT", "production"}, {"JWT_SECRET", kStrong}, {"SECRET_KEY", kStrong}})), std::vector<std::string>{"JWT_SECRET"});
    const auto with_database = [](std::string url) {
        return load({{"ENVIRONMENT", "production"}, {"JWT_SECRET", kStrong}, {"SECRET_KEY", kStrongToo}, {"DATABASE_URL", std::move(url)}});
    };
    for (const auto* url : {"postgresql://postgres:postgres@db/agentic", "postgresql://postgres:p%6Fstgres@db/agentic", "postgresql://db/agentic?user=postgres&password=postgres",
                            "postgresql://app:Vu6_tr0Yq@db/agentic?p%61ssword=post%67res", "postgresql://app:Vu6_tr0Yq@db/agentic?sslpassword=changeme"})
        EXPECT_EQ(variables(with_database(url)), std::vector<std::string>{"DATABASE_URL"}) << url;
    EXPECT_TRUE(with_database("postgresql:///agentic?host=/run/postgresql").problems.empty());
}

// Samples of documentation, tutorials and starter kits, most of them long enough.
constexpr const char* kSamples[] = {
    "your-secret-key-min-32-chars",
    "your-jwt-secret-min-32-chars",
    "your-secret-key-here-minimum-32-characters",
    "your-jwt-secret-here-minimum-32-characters",
    "changeme-changeme-changeme-changeme",
    "CHANGE_ME_IN_PRODUCTION_PLEASE_1234567890",
    "change-this-to-a-long-random-string-of-32",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "super-secret-jwt-token-with-at-least-32-characters-long",
    "django-insecure-4x&k2#p9w@q8z!7v$m3n5b6c1d0f",
    "your-256-bit-secret-your-256-bit-secret",
    "replace_me_with_openssl_rand_hex_32_output",
    "00000000000000000000000000000000",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "0123456789abcdef0123456789abcdef",
    "12345678901234567890123456789012",
    "this-is-an-example-key-do-not-use-it-for-real",
    "passwordpasswordpasswordpassword",
    "mysecretkeymysecretkeymysecretkey",
    "secretsecretsecretsecretsecretsecret",
    "sk-ant-...",
};

class SampleSecret : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Published, SampleSecret, testing::ValuesIn(kSamples), [](const auto& sample) { return "number" + std::to_string(sample.index); });

TEST_P(SampleSecret, IsRefusedInProduction) {
    EXPECT_EQ(variables(load({{"ENVIRONMENT", "production"}, {"JWT_SECRET", GetParam()}, {"SECRET_KEY", kStrong}})), std::vector<std::string>{"JWT_SECRET"});
    EXPECT_EQ(variables(load({{"ENVIRONMENT", "production"}, {"JWT_SECRET", kStrong}, {"SECRET_KEY", GetParam()}})), std::vector<std::string>{"SECRET_KEY"});
}

TEST_P(SampleSecret, IsWarnedOfElsewhereOrTooShort) {
    const auto loaded = load({{"JWT_SECRET", GetParam()}});
    EXPECT_EQ(loaded.problems.size() + loaded.warnings.size(), 1U);
}

}  // namespace
}  // namespace agentic::app

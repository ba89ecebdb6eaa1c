#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.hpp"
#include "core/secret.hpp"
#include "services/account_config.hpp"

namespace agentic::app {

enum class Environment : std::uint8_t { development, staging, production };
inline constexpr std::initializer_list<std::string_view> kEnvironmentNames = {"development", "staging", "production"};
enum class LogFormat : std::uint8_t { automatic, json, text };

/// What the operator set, one struct per concern. Names, rules and defaults stand in one place: settings.cpp.
struct GeneralConfig {
    Environment environment{};
    std::string project_name;
    std::filesystem::path data_dir;
};

struct ServerConfig {
    std::string host;
    std::uint16_t port = 0;
    unsigned threads = 0;  // 0: one per core
    std::vector<std::string> allowed_origins;
    std::vector<std::string> trusted_proxies;
    std::chrono::seconds drain_delay{};
    std::chrono::seconds shutdown_timeout{};
    std::uint64_t max_body_bytes = 0;
    std::uint64_t body_memory_mb = 0;
};

struct LogConfig {
    log::Level level{};
    LogFormat format{};
    Secret sentry_dsn;  // empty: errors go to the log alone
};

struct MetricsConfig {
    std::string host;
    std::uint16_t port = 0;  // 0: nobody is told
    bool by_tenant = false;
};

struct SecurityConfig {
    Secret secret_key;
    Secret jwt_secret;
    std::chrono::minutes access_token_lifetime{};
    std::chrono::days refresh_token_lifetime{};
    auth::Registration registration{};
    Secret setup_token;
};

struct DatabaseConfig {
    Secret url;  // postgresql://…; empty: SQLite in the data directory
    std::size_t pool_size = 0;
    std::size_t max_overflow = 0;
};

struct ModelConfig {
    Secret anthropic_api_key;
    Secret openai_api_key;
    Secret openai_compatible_api_key;
    std::string anthropic_base_url;
    std::string openai_base_url;
    std::string openai_compatible_base_url;
    std::string anthropic_version;
    std::string default_provider;  // "auto": anthropic or openai when its key is set, else extractive
    std::string default_model;
    std::filesystem::path prices;
    std::vector<std::string> outbound_allow;
    std::string outbound_proxy;
    std::filesystem::path outbound_ca_file;
};

struct KnowledgeConfig {
    std::uint64_t max_upload_bytes = 0;
    std::size_t ingestion_workers = 0;
    std::uint64_t vector_memory_mb = 0;
};

enum class EmbeddingPrecision : std::uint8_t { automatic, fp32, int8 };

struct EmbeddingConfig {
    std::filesystem::path models_dir;  // empty: models/ in the data directory
    EmbeddingPrecision precision{};
    std::size_t threads = 0;           // 0: one per core
    std::size_t cache_mib = 0;
    Secret redis_url;                  // empty: no cache that servers share
    std::vector<std::string> compatible_models;  // "name=dimensions"
    std::string rerank_model;          // a name in models_dir, or a directory; empty: none
};

struct AgentConfig {
    std::chrono::seconds default_timeout{};
    std::int64_t max_iterations = 0;
};

struct Config {
    GeneralConfig general;
    ServerConfig server;
    LogConfig log;
    MetricsConfig metrics;
    SecurityConfig security;
    DatabaseConfig database;
    ModelConfig models;
    KnowledgeConfig knowledge;
    EmbeddingConfig embeddings;
    AgentConfig agents;
};

}  // namespace agentic::app

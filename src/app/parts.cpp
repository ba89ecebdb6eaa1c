#include "app/parts.hpp"

#include "app/config/default_model.hpp"
#include "app/generated_secret.hpp"
#include "embeddings/redis_vector_cache.hpp"

#include <algorithm>
#include <boost/asio/ip/host_name.hpp>
#include <format>
#include <fstream>
#include <iterator>
#include <thread>

namespace agentic::app {
namespace {

/// Names the setting whose value a part has refused.
Error in_setting(std::string_view name, Error error) {
    error.public_message = std::format("{}: {}", name, error.public_message);
    for (const auto& violation : error.violations) error.internal_context += std::format("{} {}; ", violation.field, violation.issue);
    return error;
}

}  // namespace

std::size_t io_threads(const ServerConfig& config) { return config.threads > 0 ? config.threads : std::max(1U, std::jthread::hardware_concurrency()); }

http::ServerSettings server_settings(const Config& whole) {
    const auto& config = whole.server;
    http::ServerSettings settings;
    settings.upload_directory = upload_dir(whole).string();
    settings.upload_limit_bytes = whole.knowledge.max_upload_bytes;
    settings.address = config.host;
    settings.port = config.port;
    settings.body_limit_bytes = config.max_body_bytes;
    settings.body_memory_max_bytes = config.body_memory_mb << 20;
    settings.allowed_origins = config.allowed_origins;
    settings.trusted_proxies = config.trusted_proxies;
    return settings;
}

auth::AccountConfig account_config(const SecurityConfig& config) {
    return {.registration = config.registration, .setup_token = config.setup_token, .refresh_lifetime = config.refresh_token_lifetime};
}

api::AgentDefaults agent_defaults(const Config& config) {
    auto model = default_model(config.models);
    return {.model_provider = std::move(model.provider),
            .model_name = std::move(model.name),
            .timeout_seconds = config.agents.default_timeout.count(),
            .max_iterations = config.agents.max_iterations};
}

Result<llm::ModelCatalog> model_catalog(const ModelConfig& config) {
    auto catalog = llm::ModelCatalog::builtin();
    if (config.prices.empty()) return catalog;
    std::ifstream file(config.prices, std::ios::binary);
    if (!file) return fail(ErrorCode::bad_request, std::format("MODEL_PRICES: {} cannot be read", config.prices.string()));
    const std::string json{std::istreambuf_iterator<char>(file), {}};
    if (auto applied = catalog.apply(json); !applied) return std::unexpected(in_setting("MODEL_PRICES", std::move(applied.error())));
    return catalog;
}

Result<std::unique_ptr<http::OutboundClient>> outbound_client(const ModelConfig& config) {
    std::string allow_list;
    for (const auto& network : config.outbound_allow) allow_list += network + " ";
    auto guard = http::AddressGuard::create(allow_list);
    if (!guard) return std::unexpected(in_setting("OUTBOUND_ALLOW", std::move(guard.error())));
    guard->forbid(http::interface_addresses());
    return http::make_outbound_client(std::make_unique<http::GuardedPolicy>(*std::move(guard)),
                                      {.proxy = config.outbound_proxy, .ca_file = config.outbound_ca_file.string(), .user_agent = "agentic/" AGENTIC_VERSION});
}

std::unique_ptr<telemetry::Metrics> metrics(const MetricsConfig& config) {
    if (config.port == 0) return nullptr;
    auto metrics = std::make_unique<telemetry::Metrics>(AGENTIC_VERSION, config.by_tenant);
    telemetry::watch_process(*metrics);
    return metrics;
}

std::unique_ptr<telemetry::SentryReporter> sentry_reporter(const Config& config, http::OutboundClient& outbound, const Clock& clock, IoExecutor home) {
    if (config.log.sentry_dsn.empty()) return nullptr;
    telemetry::Reporter reporter{.release = "agentic@" AGENTIC_VERSION,
                                 .environment = std::string(std::data(kEnvironmentNames)[static_cast<std::size_t>(config.general.environment)]),
                                 .server_name = boost::asio::ip::host_name()};
    auto dsn = telemetry::parse_sentry_dsn(config.log.sentry_dsn.reveal()).value();  // the setting has been checked
    return std::make_unique<telemetry::SentryReporter>(std::move(dsn), std::move(reporter), outbound, clock, home);
}

std::filesystem::path upload_dir(const Config& config) { return config.general.data_dir / "uploads"; }
std::filesystem::path blob_dir(const Config& config) { return config.general.data_dir / "blobs"; }

Result<void> make_directories(const Config& config) {
    AGENTIC_CHECK(make_data_dir(config.general.data_dir));
    AGENTIC_CHECK(make_data_dir(upload_dir(config)));
    return make_data_dir(blob_dir(config));
}

knowledge::ExtractorSettings extractor_settings(const KnowledgeConfig& config) {
    return {.program = knowledge::ExtractorPool::default_program(), .workers = config.ingestion_workers};
}

services::JobRunnerLimits job_limits(const KnowledgeConfig& config) { return {.running_max = config.ingestion_workers}; }

services::CollectionIndexes::Limits index_limits(const KnowledgeConfig& config) { return {.bytes_max = config.vector_memory_mb << 20}; }

std::map<std::string, services::ProviderSetting, std::less<>> provider_settings(const ModelConfig& config) {
    return {
        {"anthropic", {.api_key = config.anthropic_api_key, .base_url = config.anthropic_base_url, .key_setting = "ANTHROPIC_API_KEY", .base_url_setting = "ANTHROPIC_BASE_URL"}},
        {"openai", {.api_key = config.openai_api_key, .base_url = config.openai_base_url, .key_setting = "OPENAI_API_KEY", .base_url_setting = "OPENAI_BASE_URL"}},
        {"openai_compatible",
         {.api_key = config.openai_compatible_api_key, .base_url = config.openai_compatible_base_url, .needs_key = false, .needs_base_url = true,
          .key_setting = "OPENAI_COMPATIBLE_API_KEY", .base_url_setting = "OPENAI_COMPATIBLE_BASE_URL"}},
    };
}

std::vector<std::filesystem::path> model_folders(const Config& config) {
    if (!config.embeddings.models_dir.empty()) return {config.embeddings.models_dir};
    return {config.general.data_dir / "models"};
}

embeddings::EmbeddersConfig embedders_config(const Config& config) {
    embeddings::EmbeddersConfig out{.folders = model_folders(config),
                                    .precision = static_cast<embeddings::PrecisionChoice>(config.embeddings.precision),
                                    .threads = config.embeddings.threads > 0 ? config.embeddings.threads : std::max(1U, std::jthread::hardware_concurrency()),
                                    .cache_bytes = config.embeddings.cache_mib << 20,
                                    .openai_base_url = config.models.openai_base_url,
                                    .openai_api_key = config.models.openai_api_key,
                                    .compatible_base_url = config.models.openai_compatible_base_url,
                                    .compatible_api_key = config.models.openai_compatible_api_key,
                                    .compatible_models = {},
                                    .rerank_model = config.embeddings.rerank_model};
    for (const auto& item : config.embeddings.compatible_models) {
        const auto equals = item.rfind('=');
        out.compatible_models.push_back({item.substr(0, equals), std::stoul(item.substr(equals + 1))});
    }
    return out;
}

std::unique_ptr<embeddings::RedisLink> redis_link(const Config& config, const Clock& clock, IoExecutor home) {
    if (config.embeddings.redis_url.empty()) return nullptr;
    embeddings::RedisOptions options;
    options.address = embeddings::parse_redis_url(config.embeddings.redis_url.reveal()).value();  // the setting has been checked
    options.ca_file = config.models.outbound_ca_file.string();
    return std::make_unique<embeddings::RedisLink>(std::move(options), clock, home);
}

std::unique_ptr<embeddings::SharedVectorCache> shared_vectors(embeddings::RedisLink* link) {
    return link == nullptr ? nullptr : std::make_unique<embeddings::RedisVectorCache>(*link);
}

}  // namespace agentic::app

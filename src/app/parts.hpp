#pragma once
// What the configuration means to each part: parts know their own settings and never the configuration.
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "api/services.hpp"
#include "app/config/config.hpp"
#include "embeddings/configured_embedders.hpp"
#include "embeddings/redis_link.hpp"
#include "http/outbound.hpp"
#include "http/server_settings.hpp"
#include "knowledge/extractor_pool.hpp"
#include "providers/llm/model_catalog.hpp"
#include "services/accounts.hpp"
#include "services/runs/model_access.hpp"
#include "services/jobs/job_runner.hpp"
#include "services/knowledge/collection_indexes.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/sentry_reporter.hpp"

namespace agentic::app {

std::size_t io_threads(const ServerConfig& config);
http::ServerSettings server_settings(const Config& config);
auth::AccountConfig account_config(const SecurityConfig& config);
api::AgentDefaults agent_defaults(const Config& config);

/// The built-in models, changed by the operator's file. Fails with what is wrong with the file.
Result<llm::ModelCatalog> model_catalog(const ModelConfig& config);
/// Fails when the allow-list, the proxy or the CA file cannot be used.
Result<std::unique_ptr<http::OutboundClient>> outbound_client(const ModelConfig& config);
/// nullptr without a METRICS_PORT: then nothing is measured.
std::unique_ptr<telemetry::Metrics> metrics(const MetricsConfig& config);
/// nullptr without a SENTRY_DSN.
std::unique_ptr<telemetry::SentryReporter> sentry_reporter(const Config& config, http::OutboundClient& outbound, const Clock& clock, IoExecutor home);
embeddings::EmbeddersConfig embedders_config(const Config& config);
/// nullptr without a REDIS_URL. It begins to connect when it is started.
std::unique_ptr<embeddings::RedisLink> redis_link(const Config& config, const Clock& clock, IoExecutor home);
/// nullptr without a link.
std::unique_ptr<embeddings::SharedVectorCache> shared_vectors(embeddings::RedisLink* link);
/// The directories of local models; the first is where they are installed.
std::vector<std::filesystem::path> model_folders(const Config& config);
std::map<std::string, services::ProviderSetting, std::less<>> provider_settings(const ModelConfig& config);

/// Where uploads arrive, and where they are kept: on one file system.
std::filesystem::path upload_dir(const Config& config);
std::filesystem::path blob_dir(const Config& config);
/// Makes the directories that hold files of the server's own. Fails with what an operator can act on.
Result<void> make_directories(const Config& config);
knowledge::ExtractorSettings extractor_settings(const KnowledgeConfig& config);
services::JobRunnerLimits job_limits(const KnowledgeConfig& config);
services::CollectionIndexes::Limits index_limits(const KnowledgeConfig& config);

}  // namespace agentic::app

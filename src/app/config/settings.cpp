#include "app/config/settings.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <vector>

#include "schemas/agents.hpp"

namespace agentic::app {
namespace {

template <class T>
struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};

template <class T>
void assign(T& member, const Value& value) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) member = static_cast<T>(std::get<std::int64_t>(value));
    else if constexpr (IsDuration<T>::value) member = T(std::get<std::int64_t>(value));
    else if constexpr (std::is_same_v<T, std::vector<std::string>>) member = std::get<std::vector<std::string>>(value);
    else member = T(std::get<std::string>(value));
}

/// Where a value goes: `in(&Config::server, &ServerConfig::port)`.
template <class Part, class T>
auto in(Part Config::* part, T Part::* member) {
    return [=](Config& config, const Value& value) { assign(config.*part.*member, value); };
}

constexpr std::string_view kGeneral = "General", kServer = "HTTP server", kLog = "Logging", kMetrics = "Metrics", kSecurity = "Security and accounts",
                           kDatabase = "Database", kModels = "Language models", kKnowledge = "Knowledge", kEmbeddings = "Embedding models", kAgents = "Agents";

std::vector<Setting> make_settings() {
    using C = Config;
    return {
        {"ENVIRONMENT", kGeneral, choice(kEnvironmentNames), "development",
         "In production, missing, sample, short and shared secrets are refused.", in(&C::general, &GeneralConfig::environment)},
        {"PROJECT_NAME", kGeneral, text(1, 100), "Agentic Platform", "Name of this installation, shown in the log when it starts.", in(&C::general, &GeneralConfig::project_name)},
        {"DATA_DIR", kGeneral, path(), "data", "Directory of the embedded database, generated secrets and uploads; made on first start, mode 0700.",
         in(&C::general, &GeneralConfig::data_dir)},

        {"HOST", kServer, ip_address(), "127.0.0.1", "Address to listen on; 0.0.0.0 or :: for every interface.", in(&C::server, &ServerConfig::host)},
        {"PORT", kServer, integer(0, 65535), "8000", "TCP port; 0 picks a free one, shown in the ready line.", in(&C::server, &ServerConfig::port)},
        {"THREADS", kServer, integer(0, 256), "0", "I/O threads; 0 is one per core.", in(&C::server, &ServerConfig::threads)},
        {"ALLOWED_ORIGINS", kServer, origins(), "", "Browser origins that may call the API with credentials (CORS); empty is none but our own.",
         in(&C::server, &ServerConfig::allowed_origins)},
        {"TRUSTED_PROXIES", kServer, networks(Ports::refused), "", "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
         in(&C::server, &ServerConfig::trusted_proxies)},
        {"MAX_BODY_BYTES", kServer, integer(1024, 1LL << 30), "10485760", "Largest request body that is not an upload; above it the answer is 413.",
         in(&C::server, &ServerConfig::max_body_bytes)},
        {"BODY_MEMORY_MB", kServer, integer(1, 1 << 20), "256", "Memory for the bodies of all requests under way, but for small ones; above it the answer is 503. Two of the largest always fit.",
         in(&C::server, &ServerConfig::body_memory_mb)},
        {"DRAIN_SECONDS", kServer, integer(0, 300), "0", "On SIGTERM, how long to answer 503 on /readyz and still accept, so that load balancers notice.",
         in(&C::server, &ServerConfig::drain_delay)},
        {"SHUTDOWN_SECONDS", kServer, integer(1, 300), "20", "On SIGTERM, how long requests in flight may take to finish.",
         in(&C::server, &ServerConfig::shutdown_timeout)},

        {"LOG_LEVEL", kLog, choice({"debug", "info", "warning", "error"}), "info", "Least severe level that is written to stderr.", in(&C::log, &LogConfig::level)},
        {"LOG_FORMAT", kLog, choice({"auto", "json", "text"}), "auto", "auto is text on a terminal and JSON lines otherwise.", in(&C::log, &LogConfig::format)},
        {"SENTRY_DSN", kLog, sentry_dsn(), "", "Project of a Sentry server to which every error of the log is sent, too; a server in a private network has to be in OUTBOUND_ALLOW.",
         in(&C::log, &LogConfig::sentry_dsn)},

        {"METRICS_PORT", kMetrics, integer(0, 65535), "0", "TCP port that answers GET /metrics to Prometheus, without authentication; 0 is none.", in(&C::metrics, &MetricsConfig::port)},
        {"METRICS_HOST", kMetrics, ip_address(), "127.0.0.1", "Address to listen on for it.", in(&C::metrics, &MetricsConfig::host)},
        {"METRICS_TENANTS", kMetrics, choice({"off", "on"}), "off", "on counts tokens for each tenant, too, by its id; of a thousand tenants at most.",
         in(&C::metrics, &MetricsConfig::by_tenant)},

        {"SECRET_KEY", kSecurity, secret(32), "", "For encrypting what tenants store with us; nothing is stored encrypted yet. Made once into the data directory when not set (not in production).",
         in(&C::security, &SecurityConfig::secret_key)},
        {"JWT_SECRET", kSecurity, secret(32), "", "Signs access tokens. Made once into the data directory when not set (not in production).",
         in(&C::security, &SecurityConfig::jwt_secret)},
        {"ACCESS_TOKEN_EXPIRE_MINUTES", kSecurity, integer(1, 1440), "15", "Life of an access token.", in(&C::security, &SecurityConfig::access_token_lifetime)},
        {"REFRESH_TOKEN_EXPIRE_DAYS", kSecurity, integer(1, 365), "7", "Life of a refresh token; each use gives a new one.",
         in(&C::security, &SecurityConfig::refresh_token_lifetime)},
        {"REGISTRATION", kSecurity, choice({"open", "closed", "first"}), "open", "Who may register a tenant: anyone, nobody, or only the first one.",
         in(&C::security, &SecurityConfig::registration)},
        {"SETUP_TOKEN", kSecurity, secret(16), "", "When set, the very first registration must carry it as setup_token.", in(&C::security, &SecurityConfig::setup_token)},

        {"DATABASE_URL", kDatabase, postgres_url(), "", "PostgreSQL; empty is SQLite in the data directory. A `+driver` in the scheme is ignored.",
         in(&C::database, &DatabaseConfig::url)},
        {"DATABASE_POOL_SIZE", kDatabase, integer(1, 1000), "20", "PostgreSQL connections kept open, divided over the I/O threads.", in(&C::database, &DatabaseConfig::pool_size)},
        {"DATABASE_MAX_OVERFLOW", kDatabase, integer(0, 1000), "10", "PostgreSQL connections opened on top when all are busy.",
         in(&C::database, &DatabaseConfig::max_overflow)},

        {"ANTHROPIC_API_KEY", kModels, secret(1), "", "Key for the Anthropic API.", in(&C::models, &ModelConfig::anthropic_api_key)},
        {"OPENAI_API_KEY", kModels, secret(1), "", "Key for the OpenAI API.", in(&C::models, &ModelConfig::openai_api_key)},
        {"ANTHROPIC_BASE_URL", kModels, url({"http", "https"}), "https://api.anthropic.com", "Where the Anthropic API is.", in(&C::models, &ModelConfig::anthropic_base_url)},
        {"OPENAI_BASE_URL", kModels, url({"http", "https"}), "https://api.openai.com/v1", "Where the OpenAI API is, up to and with /v1.",
         in(&C::models, &ModelConfig::openai_base_url)},
        {"OPENAI_COMPATIBLE_BASE_URL", kModels, url({"http", "https"}), "", "A server that speaks the same protocol, such as a local model server: up to and with /v1.",
         in(&C::models, &ModelConfig::openai_compatible_base_url)},
        {"OPENAI_COMPATIBLE_API_KEY", kModels, secret(1), "", "Its key, when it wants one.", in(&C::models, &ModelConfig::openai_compatible_api_key)},
        {"ANTHROPIC_VERSION", kModels, word({"2026-10-21", "2023-06-01"}), "2026-10-21", "Version of the Anthropic API.", in(&C::models, &ModelConfig::anthropic_version)},
        {"DEFAULT_MODEL_PROVIDER", kModels, word({"auto", "anthropic", "openai", "openai_compatible", "extractive"}), "auto",
         "Provider of agents that name none; auto is anthropic or openai when its key is set, else extractive.",
         in(&C::models, &ModelConfig::default_provider)},
        {"DEFAULT_MODEL", kModels, text(1, 200), "", "Model of agents that name none; empty is the provider's default.", in(&C::models, &ModelConfig::default_model)},
        {"MODEL_PRICES", kModels, path(), "", "JSON file with prices and capabilities that override the built-in table.", in(&C::models, &ModelConfig::prices)},
        {"OUTBOUND_ALLOW", kModels, networks(Ports::allowed), "", "Private networks the server may call, such as 127.0.0.1:11434 for a local model; all others are refused.",
         in(&C::models, &ModelConfig::outbound_allow)},
        {"OUTBOUND_PROXY", kModels, url({"http", "https"}), "", "Proxy for all calls outward; it resolves names, so it must refuse private networks itself.",
         in(&C::models, &ModelConfig::outbound_proxy)},
        {"OUTBOUND_CA_FILE", kModels, path(), "", "PEM file with certificate authorities to trust besides the system's.", in(&C::models, &ModelConfig::outbound_ca_file)},

        {"MAX_UPLOAD_BYTES", kKnowledge, integer(1024, 1LL << 40), "209715200", "Largest upload of documents, in bytes; above it the answer is 413.",
         in(&C::knowledge, &KnowledgeConfig::max_upload_bytes)},
        {"INGESTION_WORKERS", kKnowledge, integer(1, 64), "2", "Documents that this process works on at once.", in(&C::knowledge, &KnowledgeConfig::ingestion_workers)},
        {"VECTOR_MEMORY_MB", kKnowledge, integer(16, 1 << 20), "1024", "Memory for the vectors of collections; beyond it, those not searched for longest are read again when needed.",
         in(&C::knowledge, &KnowledgeConfig::vector_memory_mb)},

        {"MODELS_DIR", kEmbeddings, path(), "", "Directory of local embedding models, each in a directory of its name; empty is models in the data directory.",
         in(&C::embeddings, &EmbeddingConfig::models_dir)},
        {"EMBEDDING_PRECISION", kEmbeddings, choice({"auto", "fp32", "int8"}), "auto",
         "How local models calculate; auto is int8 where the processor has VNNI, else fp32.", in(&C::embeddings, &EmbeddingConfig::precision)},
        {"EMBEDDING_THREADS", kEmbeddings, integer(0, 256), "0", "Threads for local models; 0 is one per core.", in(&C::embeddings, &EmbeddingConfig::threads)},
        {"EMBEDDING_CACHE_MIB", kEmbeddings, integer(0, 65536), "64", "Memory for vectors of texts that were embedded before.", in(&C::embeddings, &EmbeddingConfig::cache_mib)},
        {"REDIS_URL", kEmbeddings, redis_url(), "", "Redis 6 or later, where servers share the vectors of texts that were embedded before; empty is none. The server runs on without it.",
         in(&C::embeddings, &EmbeddingConfig::redis_url)},
        {"OPENAI_COMPATIBLE_EMBEDDING_MODELS", kEmbeddings, model_sizes(), "", "Embedding models of the server at OPENAI_COMPATIBLE_BASE_URL, such as bge-m3=1024.",
         in(&C::embeddings, &EmbeddingConfig::compatible_models)},
        {"RERANK_MODEL", kEmbeddings, text(1, 1000), "", "Cross-encoder that orders hits of a search with rerank: a name in MODELS_DIR, or a directory; empty is none.",
         in(&C::embeddings, &EmbeddingConfig::rerank_model)},

        {"DEFAULT_AGENT_TIMEOUT", kAgents, integer(1, schemas::kAgentTimeoutMaxS), "300", "Seconds an execution may take when its agent sets no limit.",
         in(&C::agents, &AgentConfig::default_timeout)},
        {"MAX_AGENT_ITERATIONS", kAgents, integer(1, schemas::kAgentIterationsMax), "10", "Model calls of one execution when its agent sets no limit.",
         in(&C::agents, &AgentConfig::max_iterations)},
    };
}

}  // namespace

std::string Setting::flag() const {
    std::string out = "--";
    for (const char c : name) out += c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return is_secret() ? out + "-file" : out;
}

std::span<const Setting> settings() {
    static const std::vector<Setting> table = make_settings();
    return table;
}

const Setting* find_setting(std::string_view name) {
    const auto found = std::ranges::find(settings(), name, &Setting::name);
    return found == settings().end() ? nullptr : &*found;
}

}  // namespace agentic::app

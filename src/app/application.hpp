#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "api/answer_cache.hpp"
#include "api/dispatch.hpp"
#include "api/services.hpp"
#include "api/v1/health.hpp"
#include "app/config/config.hpp"
#include "app/housekeeping.hpp"
#include "app/knowledge_parts.hpp"
#include "app/log_sink.hpp"
#include "app/metrics/measured_models.hpp"
#include "async/io_pool.hpp"
#include "async/work_pool.hpp"
#include "core/clock.hpp"
#include "db/executor.hpp"
#include "embeddings/configured_embedders.hpp"
#include "embeddings/redis_link.hpp"
#include "http/outbound.hpp"
#include "http/server.hpp"
#include "providers/llm/llm_clients.hpp"
#include "providers/llm/model_catalog.hpp"
#include "services/accounts.hpp"
#include "services/accounts_api_keys.hpp"
#include "services/accounts_people.hpp"
#include "services/authenticator_tokens.hpp"
#include "services/runs/model_access.hpp"
#include "services/runs/run_service.hpp"
#include "telemetry/sentry_reporter.hpp"

namespace agentic::app {

/// What `agentic serve` is told besides the configuration.
struct ServeOptions {
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    bool migrate = false;     // also change the schema of a PostgreSQL database
    std::string port_file;    // written once the server is ready: the port, for whoever asked for port 0
};

/// The composition root: owns every part of the server and is the only place that knows them all. Members stand in the order of their
/// dependencies; destructors run backwards, so that each part outlives those that use it.
class Application {
public:
    /// Opens the database and binds the port; nothing is served yet. Fails with what an operator can act on.
    static Result<std::unique_ptr<Application>> create(Config config, ServeOptions options);

    /// Serves until SIGTERM or SIGINT, then drains. A second signal ends the process at once. Call once, on the main thread, with
    /// those signals blocked in every thread.
    void run();

private:
    /// What can fail to open, opened before the parts that use it.
    struct Opened {
        std::unique_ptr<db::Executor> db;
        auth::AccessTokens tokens;
        llm::ModelCatalog catalog;
        std::unique_ptr<http::OutboundClient> outbound;
    };

    Application(Config config, ServeOptions options, Opened opened);
    Result<void> listen();
    Result<void> recover();
    void observe();
    Task<std::int64_t> tidy();
    void announce() const;
    void drain();

    const std::chrono::steady_clock::time_point started_;
    const Config config_;
    const ServeOptions options_;
    SystemClock clock_;                           // the one source of time
    async::IoPool io_;                            // the I/O threads, shared by server, database and outbound client
    async::WorkPool files_;                       // uploads and compression: what would block an I/O thread
    std::unique_ptr<telemetry::Metrics> metrics_; // null without a METRICS_PORT: then nothing is measured
    std::unique_ptr<db::Executor> db_;            // SQLite or PostgreSQL: nobody behind this line knows which
    api::Readiness readiness_;                    // what the probes answer

    auth::PasswordHasher passwords_;              // its own pool: a flood of sign-ins cannot starve anything else
    auth::AccessTokens tokens_;                   // signs and checks what login hands out
    auth::PrincipalCache principals_;             // who asked a moment ago, so that a request need not ask the database
    auth::LoginThrottle throttle_;                // counts failed sign-ins
    auth::AccountService sign_in_;
    auth::PeopleService people_;
    auth::ApiKeyService api_keys_;
    auth::TokenAuthenticator authenticator_;      // the only maker of tenant scopes for requests

    llm::ModelCatalog catalog_;                   // what models can do and cost
    std::unique_ptr<http::OutboundClient> outbound_;  // the only way out, guarded
    std::unique_ptr<telemetry::SentryReporter> sentry_;  // null without a SENTRY_DSN
    ErrorObserver errors_;                        // of the log, which reach it
    std::unique_ptr<embeddings::RedisLink> redis_;  // null without a REDIS_URL
    std::unique_ptr<embeddings::SharedVectorCache> shared_vectors_;  // in Redis, or null
    embeddings::ConfiguredEmbedders embedders_;   // texts to vectors, local and remote; nothing is loaded before its first use
    llm::LlmClients llm_clients_;                 // one for each provider
    services::ProviderRouter models_;             // picks one of them for each call
    services::ConfiguredEndpoints endpoints_;     // keys and addresses of providers
    services::CatalogFacts facts_;                // the catalog, as runs see it
    std::unique_ptr<MeasuredModels> measured_models_;  // before `models_` when there are metrics
    KnowledgeParts knowledge_;                    // collections, documents, search
    services::RunService runs_;                   // accepts, drives, resumes and shows runs
    Housekeeping housekeeping_;                   // forgets sessions that have ended, files nobody knows, old jobs and queries

    api::AnswerCache answers_;                    // list answers, for as long as they are true
    api::AccountServices accounts_;               // sign-in, people and keys, as endpoints see them
    api::Services services_;                      // all that endpoints may use
    api::Dispatcher dispatcher_;                  // request in, response out
    std::unique_ptr<http::Server> server_;        // last: no request may outlive what it uses
    std::unique_ptr<http::Server> metrics_server_;  // null without metrics; asks the other one, too
};

}  // namespace agentic::app

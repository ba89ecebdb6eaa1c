#include "app/application.hpp"

#include <algorithm>
#include <cstdio>
#include <format>
#include <fstream>
#include <thread>

#include "app/blocking.hpp"
#include "app/database.hpp"
#include "app/metrics/measured_database.hpp"
#include "app/metrics/metrics_server.hpp"
#include "app/parts.hpp"
#include "app/service_manager.hpp"
#include "app/signals.hpp"
#include "core/log.hpp"
#include "db/repositories/idempotency.hpp"

namespace agentic::app {
namespace {

constexpr auto kHousekeepingInterval = std::chrono::hours(1);
constexpr auto kReportsFlush = std::chrono::seconds(2);

/// Whole or not at all: whoever waits for the file must not read half a number.
void write_port_file(const std::string& path, std::uint16_t port) {
    const auto temporary = path + ".new";
    std::ofstream(temporary) << port << '\n';
    if (std::rename(temporary.c_str(), path.c_str()) != 0) log::warning("port_file_failed", "The port file cannot be written", {{"path", path}});
}

/// Errors of the log are counted and sent, as far as there is somebody who counts or takes them.
ErrorObserver::Observe observer_of_errors(telemetry::Metrics* metrics, telemetry::SentryReporter* sentry) {
    if (metrics == nullptr && sentry == nullptr) return {};
    return [metrics, sentry](Timestamp now, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields) {
        if (metrics != nullptr) metrics->error_logged(event);
        if (sentry == nullptr) return;
        telemetry::ErrorReport report{.at = now, .event = std::string(event), .message = std::string(message), .fields = {}};
        for (const auto& field : fields) report.fields.emplace_back(field.key, field.text);
        sentry->report(std::move(report));
    };
}

std::unique_ptr<db::Executor> measured(std::unique_ptr<db::Executor> database, const Clock& clock, telemetry::Metrics* metrics) {
    if (metrics == nullptr) return database;
    return std::make_unique<MeasuredDatabase>(std::move(database), clock, *metrics);
}

api::RequestObserver observer_of_requests(telemetry::Metrics* metrics) {
    if (metrics == nullptr) return {};
    return [metrics](const http::Request& request, const api::Route* route, int status, std::chrono::steady_clock::duration took) {
        metrics->request(http::to_string(request.method), route != nullptr ? route->path : "unmatched", status, took);
    };
}

services::RunObserver observer_of_runs(telemetry::Metrics* metrics) {
    if (metrics == nullptr) return {};
    return [metrics](TenantScope tenant, RunStatus status, const llm::Usage& usage, std::chrono::steady_clock::duration took) {
        metrics->run_ended(to_string(status), took, tenant.tenant_id(), usage.input_tokens, usage.output_tokens);
    };
}

}  // namespace

Application::Application(Config config, ServeOptions options, Opened opened)
    : started_(options.started),
      config_(std::move(config)),
      options_(std::move(options)),
      io_("io", io_threads(config_.server)),
      files_("files", 1, 1024),
      metrics_(metrics(config_.metrics)),
      db_(measured(std::move(opened.db), clock_, metrics_.get())),
      readiness_(*db_),
      passwords_({}),
      tokens_(std::move(opened.tokens)),
      principals_(clock_),
      throttle_({}, clock_),
      sign_in_(*db_, passwords_, tokens_, principals_, throttle_, account_config(config_.security)),
      people_(*db_, passwords_, principals_),
      api_keys_(*db_, principals_),
      authenticator_(*db_, tokens_, principals_, clock_),
      catalog_(std::move(opened.catalog)),
      outbound_(std::move(opened.outbound)),
      sentry_(sentry_reporter(config_, *outbound_, clock_, io_.executor(0))),
      errors_(observer_of_errors(metrics_.get(), sentry_.get())),
      redis_(redis_link(config_, clock_, io_.executor(0))),
      shared_vectors_(shared_vectors(redis_.get())),
      embedders_(embedders_config(config_), *outbound_, shared_vectors_.get()),
      llm_clients_(*outbound_, catalog_),
      models_(llm_clients_, config_.models.anthropic_version),
      endpoints_(provider_settings(config_.models)),
      facts_(catalog_),
      measured_models_(metrics_ ? std::make_unique<MeasuredModels>(models_, catalog_, facts_, clock_, *metrics_) : nullptr),
      knowledge_(config_, embedders_, clock_, *db_, *outbound_, files_, [this] { return runs_.worker_id(); }),
      runs_({.clock = clock_, .db = *db_, .llm = measured_models_ ? static_cast<llm::LlmClient&>(*measured_models_) : models_, .endpoints = endpoints_, .facts = facts_,
             .passages = &knowledge_.passages(), .observer = observer_of_runs(metrics_.get())}, {}),
      housekeeping_(io_.executor(0), kHousekeepingInterval, [this] { return tidy(); }),
      accounts_{.sign_in = sign_in_, .people = people_, .api_keys = api_keys_},
      services_{.clock = clock_, .db = *db_, .readiness = readiness_, .agent_defaults = agent_defaults(config_), .accounts = &accounts_, .runs = &runs_,
                .authenticator = &authenticator_, .models = &catalog_, .answers = &answers_, .knowledge = &knowledge_.service(), .search = &knowledge_.search(), .blobs = &knowledge_.blobs()},
      dispatcher_(api::all_routes(), services_, authenticator_, observer_of_requests(metrics_.get())) {
    if (redis_) readiness_.show("redis", [this] { return redis_->healthy(); });
}

Result<std::unique_ptr<Application>> Application::create(Config config, ServeOptions options) {
    const bool may_migrate = options.migrate || engine_of(config) == db::Executor::Engine::sqlite;
    AGENTIC_TRY(const int applied, prepare_schema(config, SystemClock(), may_migrate ? WhenBehind::apply : WhenBehind::refuse));
    if (applied > 0) log::info("migrated", std::format("Applied {} migrations", applied), {{"database", database_name(config)}});
    AGENTIC_TRY(auto db, open_database(config, io_threads(config.server)));
    AGENTIC_TRY(auto tokens, auth::AccessTokens::create({.secret = config.security.jwt_secret, .lifetime = config.security.access_token_lifetime}));
    AGENTIC_TRY(auto catalog, model_catalog(config.models));
    AGENTIC_TRY(auto outbound, outbound_client(config.models));
    AGENTIC_CHECK(make_directories(config));
    Opened opened{std::move(db), std::move(tokens), std::move(catalog), std::move(outbound)};
    std::unique_ptr<Application> application(new Application(std::move(config), std::move(options), std::move(opened)));
    AGENTIC_CHECK(application->listen());
    AGENTIC_CHECK(application->recover());
    return application;
}

/// Takes over what a dead process left behind, before anybody is told that this one is ready.
Result<void> Application::recover() {
    std::vector<IoExecutor> executors;
    for (std::size_t i = 0; i < io_.size(); ++i) executors.push_back(io_.executor(i));
    AGENTIC_CHECK(run_blocking(executors.front(), runs_.start(executors)));
    knowledge_.start(executors);
    housekeeping_.start();
    if (redis_) redis_->start();
    if (sentry_) sentry_->start();
    return {};
}

Task<std::int64_t> Application::tidy() {
    AGENTIC_CO_TRY(const auto sessions, co_await sign_in_.purge_ended_sessions(clock_.now()));
    AGENTIC_CO_TRY(const auto others, co_await knowledge_.service().tidy());
    AGENTIC_CO_TRY(const auto keys, co_await db::IdempotencyRepository(*db_).forget(SystemScope::because("expired idempotency keys of all tenants are cleared away"), clock_.now()));
    co_return sessions + others + keys;
}

Result<void> Application::listen() {
    io_.start();
    auto settings = server_settings(config_);
    settings.upload_admission = [this](http::Request& request) { return dispatcher_.refuse_upload(request); };
    AGENTIC_TRY(server_, http::Server::create(std::move(settings), io_, files_, clock_, [this](http::Request& request) { return dispatcher_(request); }));
    if (metrics_) {
        AGENTIC_TRY(metrics_server_, metrics_server(config_.metrics, *metrics_, io_, files_, clock_));
        observe();
        metrics_server_->start();
    }
    return {};
}

/// What nobody reports, because it is only worth knowing when somebody asks.
void Application::observe() {
    using enum telemetry::Metrics::Kind;
    const auto stats = [this](auto member) { return [this, member] { return static_cast<double>(server_->stats().*member); }; };
    metrics_->watch("agentic_http_connections", "Open connections of clients", gauge, stats(&http::ServerStats::connections));
    metrics_->watch("agentic_http_requests_in_flight", "Requests that are worked on; streams are not among them", gauge, stats(&http::ServerStats::in_flight));
    metrics_->watch("agentic_http_refused_total", "Requests that were malformed, too large, too slow or over a limit", counter, stats(&http::ServerStats::refused));
    metrics_->watch("agentic_http_body_memory_bytes", "Memory for large request bodies under way", gauge, stats(&http::ServerStats::body_bytes));
    metrics_->watch("agentic_runs_live", "Runs of this process that have not ended, waiting ones included", gauge, [this] { return static_cast<double>(runs_.live_runs()); });
    metrics_->watch("agentic_runs_waiting", "Runs that wait for a place among the running", gauge, [this] { return static_cast<double>(runs_.gate().waiting()); });
    metrics_->watch("agentic_jobs_running", "Background jobs that this process works on", gauge, [this] { return static_cast<double>(knowledge_.jobs().running()); });
    knowledge_.jobs().observe([metrics = metrics_.get()](std::string_view kind, std::string_view outcome, std::chrono::steady_clock::duration took) {
        metrics->job_tried(kind, outcome, took);
    });
}

void Application::announce() const {
    const auto host = config_.server.host.contains(':') ? "[" + config_.server.host + "]" : config_.server.host;
    const auto took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started_);
    log::info("ready", std::format("Listening on http://{}:{}", host, server_->port()),
              {{"installation", config_.general.project_name},
               {"version", AGENTIC_VERSION},
               {"database", database_name(config_)},
               {"model_provider", services_.agent_defaults.model_provider},
               {"io_threads", io_.size()},
               {"start_ms", took.count()}});
    if (!options_.port_file.empty()) write_port_file(options_.port_file, server_->port());
    notify_service_manager("READY=1");
}

void Application::run() {
    server_->start();
    readiness_.enter(api::Readiness::Phase::serving);
    announce();
    const auto* const signal = wait_for_stop();
    log::info("stopping", "Finishing what is in flight", {{"signal", signal}});
    drain();
    log::info("stopped", "All requests are answered");
}

void Application::drain() {
    notify_service_manager("STOPPING=1");
    readiness_.enter(api::Readiness::Phase::draining);
    std::this_thread::sleep_for(config_.server.drain_delay);
    const auto deadline = std::chrono::steady_clock::now() + config_.server.shutdown_timeout;
    const auto left = [&] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::max(deadline - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration::zero()));
    };
    server_->drain(left());
    run_blocking(io_.executor(0), knowledge_.stop_jobs());
    run_blocking(io_.executor(0), runs_.stop(left()));
    run_blocking(io_.executor(0), knowledge_.stop());
    run_blocking(io_.executor(0), housekeeping_.stop());
    if (redis_) run_blocking(io_.executor(0), redis_->stop());
    if (sentry_) run_blocking(io_.executor(0), sentry_->stop(kReportsFlush));
}

}  // namespace agentic::app

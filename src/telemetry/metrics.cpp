#include "telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <shared_mutex>
#include <tuple>
#include <utility>
#include <vector>

namespace agentic::telemetry {
namespace {

using Labels = prometheus::Labels;
using Seconds = std::chrono::duration<double>;
using prometheus::Counter;
using prometheus::Histogram;
using Counters = prometheus::Family<Counter>;
using Histograms = prometheus::Family<Histogram>;

constexpr std::size_t kTenantsMax = 1'000;      // those beyond are counted together
constexpr std::size_t kErrorEventsMax = 200;

// In seconds. Of requests: OpenTelemetry's for http.server.request.duration, finer below.
const Histogram::BucketBoundaries kRequestBuckets{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
const Histogram::BucketBoundaries kDatabaseBuckets{.0005, .001, .0025, .005, .01, .05, .25, 1, 5};
// Of model calls and runs: OpenTelemetry's for gen_ai.client.operation.duration.
const Histogram::BucketBoundaries kModelBuckets{.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
// Of jobs, which may take hours.
const Histogram::BucketBoundaries kJobBuckets{.1, .5, 1, 5, 10, 30, 60, 300, 900, 3600};

/// The address stands for the text: a comparison is one of numbers.
struct Name {
    const char* data;
    std::size_t size;

    Name(std::string_view text) : data(text.data()), size(text.size()) {}
    auto operator<=>(const Name&) const = default;
};

/// The samplers of one kind by their keys, each made by its first sample. Readers share the lock, as nearly every sample finds its own.
template <class Key, class Sampler>
class Samplers {
public:
    template <class Make>
    Sampler& get(const Key& key, Make make) {
        {
            const std::shared_lock lock(mutex_);
            if (const auto found = samplers_.find(key); found != samplers_.end()) return found->second;
        }
        const std::unique_lock lock(mutex_);
        if (const auto found = samplers_.find(key); found != samplers_.end()) return found->second;
        return samplers_.emplace(key, make()).first->second;
    }
    bool has_room_for(const Key& key, std::size_t max) const {
        const std::shared_lock lock(mutex_);
        return samplers_.size() < max || samplers_.contains(key);
    }

private:
    mutable std::shared_mutex mutex_;
    std::map<Key, Sampler> samplers_;   // its nodes stay where they are
};

/// Values that others know, read when they are asked for.
class Watched {
public:
    void add(std::string name, std::string help, Metrics::Kind kind, std::function<double()> read) {
        values_.push_back({std::move(name), std::move(help), kind, std::move(read)});
    }
    void collect(std::vector<prometheus::MetricFamily>& families) const {
        for (const auto& value : values_) {
            prometheus::ClientMetric metric;
            const bool is_gauge = value.kind == Metrics::Kind::gauge;
            (is_gauge ? metric.gauge.value : metric.counter.value) = value.read();
            families.push_back({value.name, value.help, is_gauge ? prometheus::MetricType::Gauge : prometheus::MetricType::Counter, {std::move(metric)}});
        }
    }

private:
    struct Value {
        std::string name, help;
        Metrics::Kind kind;
        std::function<double()> read;
    };
    std::vector<Value> values_;
};

Counters& counters(prometheus::Registry& registry, const char* name, const char* help) { return prometheus::BuildCounter().Name(name).Help(help).Register(registry); }
Histograms& histograms(prometheus::Registry& registry, const char* name, const char* help) { return prometheus::BuildHistogram().Name(name).Help(help).Register(registry); }

}  // namespace

struct Metrics::Impl {
    explicit Impl(bool by_tenant) : tenant_tokens(by_tenant ? &counters(registry, "agentic_tenant_tokens_total", "Tokens of ended runs") : nullptr) {}

    struct Calls {
        Counter& ok;
        Counter& failed;
        Histogram& took;
    };
    struct Model {
        Histogram& took;
        Histogram& first_token;
        Counter &input, &output, &cache_read, &cache_write, &reasoning, &cost;
    };
    struct Tenant {
        Counter &input, &output;
    };

    prometheus::Registry registry;
    Watched watched;
    Counters& requests = counters(registry, "agentic_http_requests_total", "Answered requests; those whose client left before the answer are not among them");
    Histograms& request_seconds = histograms(registry, "agentic_http_request_duration_seconds", "From the head of a request to the head of its answer");
    Counters& database_calls = counters(registry, "agentic_database_calls_total", "Transactions, by the first statement of each");
    Histograms& database_seconds = histograms(registry, "agentic_database_call_duration_seconds", "From the call to its rows, waiting for a connection or the writer included");
    Counters& runs = counters(registry, "agentic_runs_total", "Runs that ended in this process");
    Histograms& run_seconds = histograms(registry, "agentic_run_duration_seconds", "From the acceptance of a run, or its resumption by this process, to its durable end");
    Counters& model_calls = counters(registry, "agentic_model_calls_total", "Calls of models, each with its retries");
    Histograms& model_seconds = histograms(registry, "agentic_model_call_duration_seconds", "Duration of a call of a model");
    Histograms& first_token_seconds = histograms(registry, "agentic_model_first_token_seconds", "From the call to the first piece of the model's answer");
    Counters& model_tokens = counters(registry, "agentic_model_tokens_total", "Tokens of model calls; cache_read and cache_write are part of input, reasoning of output");
    Counters& model_cost = counters(registry, "agentic_model_cost_dollars_total", "What model calls cost by the catalog's prices, in US dollars");
    Counters& jobs = counters(registry, "agentic_jobs_total", "Attempts at background jobs");
    Histograms& job_seconds = histograms(registry, "agentic_job_duration_seconds", "Duration of an attempt at a background job");
    Counters& errors = counters(registry, "agentic_log_errors_total", "Errors in the log");
    Counters* tenant_tokens;   // null: nobody asked for them

    Samplers<std::tuple<Name, Name, int>, Counter*> by_status;
    Samplers<std::tuple<Name, Name>, Histogram*> by_route;
    Samplers<Name, Calls> by_statement;
    Samplers<std::tuple<std::string, std::string>, Model> by_model;
    Samplers<Uuid, Tenant> of_tenants;
    Samplers<std::string, Counter*> by_event;
};

Metrics::Metrics(std::string_view version, bool by_tenant) : impl_(std::make_unique<Impl>(by_tenant)) {
    prometheus::BuildGauge().Name("agentic_build_info").Help("1, with the version of the program").Register(impl_->registry).Add({{"version", std::string(version)}}).Set(1);
}

Metrics::~Metrics() = default;

void Metrics::request(std::string_view method, std::string_view route, int status, Seconds took) {
    impl_->by_status.get({method, route, status}, [&] {
        return &impl_->requests.Add({{"method", std::string(method)}, {"route", std::string(route)}, {"status", std::to_string(status)}});
    })->Increment();
    impl_->by_route.get({method, route}, [&] {
        return &impl_->request_seconds.Add({{"method", std::string(method)}, {"route", std::string(route)}}, kRequestBuckets);
    })->Observe(took.count());
}

void Metrics::database_call(std::string_view statement, bool is_ok, Seconds took) {
    auto& calls = impl_->by_statement.get(statement, [&] {
        const std::string name(statement);
        return Impl::Calls{impl_->database_calls.Add({{"statement", name}, {"outcome", "ok"}}), impl_->database_calls.Add({{"statement", name}, {"outcome", "failed"}}),
                           impl_->database_seconds.Add({{"statement", name}}, kDatabaseBuckets)};
    });
    (is_ok ? calls.ok : calls.failed).Increment();
    calls.took.Observe(took.count());
}

void Metrics::model_call(const ModelCallSample& call) {
    const std::string provider(call.provider), name(call.model);
    auto& model = impl_->by_model.get({provider, name}, [&] {
        const Labels labels{{"provider", provider}, {"model", name}};
        const auto tokens = [&](const char* type) -> Counter& {
            auto typed = labels;
            typed["type"] = type;
            return impl_->model_tokens.Add(typed);
        };
        return Impl::Model{impl_->model_seconds.Add(labels, kModelBuckets), impl_->first_token_seconds.Add(labels, kModelBuckets), tokens("input"), tokens("output"),
                           tokens("cache_read"), tokens("cache_write"), tokens("reasoning"), impl_->model_cost.Add(labels)};
    });
    impl_->model_calls.Add({{"provider", provider}, {"model", name}, {"outcome", std::string(call.outcome)}}).Increment();
    model.took.Observe(call.took.count());
    if (call.first_token) model.first_token.Observe(call.first_token->count());
    model.input.Increment(static_cast<double>(call.input_tokens));
    model.output.Increment(static_cast<double>(call.output_tokens));
    model.cache_read.Increment(static_cast<double>(call.cache_read_tokens));
    model.cache_write.Increment(static_cast<double>(call.cache_write_tokens));
    model.reasoning.Increment(static_cast<double>(call.reasoning_tokens));
    model.cost.Increment(static_cast<double>(call.cost_micros) / 1e6);
}

void Metrics::run_ended(std::string_view status, Seconds took, const Uuid& tenant, std::int64_t input_tokens, std::int64_t output_tokens) {
    impl_->runs.Add({{"status", std::string(status)}}).Increment();
    impl_->run_seconds.Add({}, kModelBuckets).Observe(took.count());
    if (impl_->tenant_tokens == nullptr) return;
    const bool has_room = impl_->of_tenants.has_room_for(tenant, kTenantsMax);
    auto& tokens = impl_->of_tenants.get(has_room ? tenant : Uuid(), [&] {
        const auto id = has_room ? tenant.to_string() : "other";
        return Impl::Tenant{impl_->tenant_tokens->Add({{"tenant_id", id}, {"type", "input"}}), impl_->tenant_tokens->Add({{"tenant_id", id}, {"type", "output"}})};
    });
    tokens.input.Increment(static_cast<double>(input_tokens));
    tokens.output.Increment(static_cast<double>(output_tokens));
}

void Metrics::job_tried(std::string_view kind, std::string_view outcome, Seconds took) {
    impl_->jobs.Add({{"kind", std::string(kind)}, {"outcome", std::string(outcome)}}).Increment();
    impl_->job_seconds.Add({{"kind", std::string(kind)}}, kJobBuckets).Observe(took.count());
}

void Metrics::error_logged(std::string_view event) {
    std::string name(event);
    if (!impl_->by_event.has_room_for(name, kErrorEventsMax)) name = "other";
    impl_->by_event.get(name, [&] { return &impl_->errors.Add({{"event", name}}); })->Increment();
}

void Metrics::watch(std::string name, std::string help, Kind kind, std::function<double()> read) {
    impl_->watched.add(std::move(name), std::move(help), kind, std::move(read));
}

std::string Metrics::text() const {
    auto families = impl_->registry.Collect();
    impl_->watched.collect(families);
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace agentic::telemetry

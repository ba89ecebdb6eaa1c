#include "app/metrics/measured_models.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace agentic::app {
namespace {

using Instant = std::chrono::steady_clock::time_point;

/// What is known of a call while it runs.
struct Heard {
    std::optional<Instant> first;
    std::optional<llm::Usage> usage;

    void hear(const llm::Delta& delta, const Clock& clock) {
        if (const auto* report = std::get_if<llm::UsageReport>(&delta)) usage = report->usage;
        else if (!first) first = clock.steady();
    }
};

void add_usage(telemetry::ModelCallSample& sample, const llm::Usage& usage) {
    sample.input_tokens = usage.input_tokens;
    sample.output_tokens = usage.output_tokens;
    sample.cache_read_tokens = usage.cache_read_tokens;
    sample.cache_write_tokens = usage.cache_write_tokens;
    sample.reasoning_tokens = usage.reasoning_tokens;
}

}  // namespace

std::string MeasuredModels::label_of(const std::string& provider, const std::string& model) const {
    return catalog_.find(provider, model).known ? model : "other";
}

/// A call that breaks off is counted with what its provider said it had used until then; one that is cancelled by an exception with the outcome "cancelled".
Task<llm::Answer> MeasuredModels::stream(llm::Request request, llm::DeltaSink sink) {
    services::ModelCall call{.provider = request.endpoint.provider, .requested_model = request.model, .model = request.model, .usage = {}};
    const auto started = clock_.steady();
    Heard heard;
    const auto report = [&](std::string_view outcome) {
        const auto label = label_of(call.provider, call.requested_model);
        telemetry::ModelCallSample sample{.provider = call.provider, .model = label, .outcome = outcome, .took = clock_.steady() - started};
        if (heard.first) sample.first_token = *heard.first - started;
        if (heard.usage) {
            call.usage = *heard.usage;
            add_usage(sample, call.usage);
            sample.cost_micros = facts_.cost(call).micros;
        }
        metrics_.model_call(sample);
    };
    Result<llm::Answer> answer;
    try {
        answer = co_await models_.stream(std::move(request), [&](const llm::Delta& delta) {
            heard.hear(delta, clock_);
            sink(delta);
        });
    } catch (const std::exception&) {
        report("cancelled");
        throw;
    }
    if (answer) {
        heard.usage = answer->usage;
        call.model = answer->model;
    }
    report(answer ? "ok" : to_string(answer.error().code));
    co_return answer;
}

}  // namespace agentic::app

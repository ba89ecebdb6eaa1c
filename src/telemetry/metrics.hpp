#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/uuid.hpp"

namespace agentic::telemetry {

/// One call of a model: which, how it ended ("ok" or an error code), how long it took and what it used.
struct ModelCallSample {
    std::string_view provider, model, outcome;
    std::chrono::duration<double> took{};
    std::optional<std::chrono::duration<double>> first_token;
    std::int64_t input_tokens = 0, output_tokens = 0, cache_read_tokens = 0, cache_write_tokens = 0, reasoning_tokens = 0;
    std::int64_t cost_micros = 0;   // micro-units of a US dollar
};

/// What the server counts and times since its start, for Prometheus: names, units and labels are in docs/operations.md. Labels are words of the program
/// or of the operator, never of tenants, so that their number is bounded. Thread-safe; a sample costs a lookup and a few increments.
class Metrics {
public:
    /// `by_tenant`: tokens are also counted for each tenant, by its id.
    Metrics(std::string_view version, bool by_tenant);
    ~Metrics();

    /// `method` and `route` must outlive this: they are known by their addresses.
    void request(std::string_view method, std::string_view route, int status, std::chrono::duration<double> took);
    /// `statement` must outlive this, too.
    void database_call(std::string_view statement, bool is_ok, std::chrono::duration<double> took);
    void model_call(const ModelCallSample& call);
    void run_ended(std::string_view status, std::chrono::duration<double> took, const Uuid& tenant, std::int64_t input_tokens, std::int64_t output_tokens);
    void job_tried(std::string_view kind, std::string_view outcome, std::chrono::duration<double> took);
    void error_logged(std::string_view event);

    enum class Kind : std::uint8_t { gauge, counter };
    /// A value that is read whenever somebody asks for the metrics, on the asker's thread. Before the first `text`.
    void watch(std::string name, std::string help, Kind kind, std::function<double()> read);

    /// Everything in the text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
    std::string text() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Watches CPU time, memory and files of this process under the names that all Prometheus clients use for them.
void watch_process(Metrics& metrics);

}  // namespace agentic::telemetry

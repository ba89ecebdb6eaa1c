#pragma once
#include "core/clock.hpp"
#include "providers/llm/model_catalog.hpp"
#include "services/runs/models.hpp"
#include "telemetry/metrics.hpp"

namespace agentic::app {

/// Models whose calls are counted and timed, and their tokens and costs added up. A model that the catalog does not know is counted as "other": agents may
/// name any.
class MeasuredModels final : public llm::LlmClient {
public:
    MeasuredModels(llm::LlmClient& models, const llm::ModelCatalog& catalog, const services::ModelFacts& facts, const Clock& clock, telemetry::Metrics& metrics)
        : models_(models), catalog_(catalog), facts_(facts), clock_(clock), metrics_(metrics) {}

    Task<llm::Answer> stream(llm::Request request, llm::DeltaSink sink) override;

private:
    std::string label_of(const std::string& provider, const std::string& model) const;

    llm::LlmClient& models_;
    const llm::ModelCatalog& catalog_;
    const services::ModelFacts& facts_;
    const Clock& clock_;
    telemetry::Metrics& metrics_;
};

}  // namespace agentic::app

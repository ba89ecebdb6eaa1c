#pragma once
// The runs' interfaces to models over the provider clients, the catalog and the operator's configuration.
#include <map>
#include <string>
#include <utility>

#include "providers/llm/llm_clients.hpp"
#include "providers/llm/model_catalog.hpp"
#include "services/runs/models.hpp"

namespace agentic::services {

/// Hands each call to the client of its endpoint's provider.
class ProviderRouter final : public llm::LlmClient {
public:
    /// `anthropic_version` is sent where a request names none; "" is the client's own default.
    explicit ProviderRouter(const llm::LlmClients& clients, std::string anthropic_version = {}) : clients_(clients), anthropic_version_(std::move(anthropic_version)) {}
    /// Fails with `unavailable` for an unknown provider.
    Task<llm::Answer> stream(llm::Request request, llm::DeltaSink sink) override;

private:
    const llm::LlmClients& clients_;
    std::string anthropic_version_;
};

class CatalogFacts final : public ModelFacts {
public:
    explicit CatalogFacts(const llm::ModelCatalog& catalog) : catalog_(catalog) {}
    std::int64_t context_window(const std::string& provider, const std::string& model) const override;
    ModelCost cost(const ModelCall& call) const override;

private:
    const llm::ModelCatalog& catalog_;
};

/// One provider of the operator's configuration.
struct ProviderSetting {
    Secret api_key;
    std::string base_url;
    bool needs_key = true;
    bool needs_base_url = false;
    std::string key_setting, base_url_setting;   // the names of the settings, for whoever has to set them
};

/// The operator's configuration, the same for every tenant. Providers that are not in it are unknown; `extractive` needs nothing and is always there.
class ConfiguredEndpoints final : public ModelEndpoints {
public:
    explicit ConfiguredEndpoints(std::map<std::string, ProviderSetting, std::less<>> providers) : providers_(std::move(providers)) {}
    Task<llm::Endpoint> resolve(TenantScope scope, std::string provider) override;

private:
    Result<llm::Endpoint> find(const std::string& provider) const;

    std::map<std::string, ProviderSetting, std::less<>> providers_;
};

}  // namespace agentic::services

#include <algorithm>
#include <map>

#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/routes.hpp"
#include "db/repositories/agents.hpp"
#include "providers/llm/model_catalog.hpp"
#include "schemas/models.hpp"
#include "services/runs/run_service.hpp"

namespace agentic::api::v1 {
namespace {

constexpr std::int64_t kAgentsMax = 1'000;   // of one list; clients of this form do not page

/// Which providers are configured for this tenant: each is asked about once.
class Availability {
public:
    explicit Availability(RequestContext& ctx) : ctx_(ctx) {}
    Awaitable<bool> of(std::string provider) {
        const auto known = known_.find(provider);
        if (known != known_.end()) co_return known->second;
        const bool is_available = co_await ctx_.services.runs->can_call(ctx_.op, provider);
        known_.emplace(std::move(provider), is_available);
        co_return is_available;
    }

private:
    RequestContext& ctx_;
    std::map<std::string, bool> known_;
};

schemas::Model describe_model(const llm::ModelInfo& info) {
    schemas::Model model{.id = info.id, .owned_by = info.provider, .name = info.id, .provider = info.provider, .model_name = info.id};
    model.context_window = info.context_window;
    model.max_output = info.max_output;
    model.capabilities = {.temperature = info.temperature, .tools = info.tools, .thinking = info.thinking, .citations = info.citations};
    const auto& prices = info.prices;
    if (info.known) model.prices = schemas::ModelPriceList{prices.input, prices.output, prices.cache_read, prices.cache_write};
    return model;
}

schemas::Model describe_agent(const llm::ModelCatalog& catalog, const db::AgentRow& agent) {
    auto model = describe_model(catalog.find(agent.model_provider, agent.model_name));
    model.id = agent.slug;
    model.created = agent.created_at.unix_s();
    model.owned_by = "tenant";
    model.name = agent.name;
    model.provider = agent.model_provider;
    model.model_name = agent.model_name;
    model.agent_id = agent.id;
    return model;
}

Task<std::vector<schemas::Model>> agent_models(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto agents, co_await db::AgentRepository(ctx.services.db).list(ctx.op.tenant, {.status = AgentStatus::active, .page = {1, kAgentsMax}}));
    std::vector<schemas::Model> models;
    for (const auto& agent : agents.rows) models.push_back(describe_agent(*ctx.services.models, agent));
    co_return models;
}

Task<schemas::ModelList> model_list(RequestContext& ctx) {
    schemas::ModelList list;
    AGENTIC_CO_TRY(list.data, co_await agent_models(ctx));
    for (const auto& info : ctx.services.models->models()) list.data.push_back(describe_model(info));
    Availability availability(ctx);
    for (auto& model : list.data) model.available = co_await availability.of(model.provider);
    co_return list;
}

Task<db::AgentRow> find_agent(RequestContext& ctx, std::string name) {
    db::AgentRepository agents(ctx.services.db);
    if (const auto id = Uuid::parse(name)) co_return co_await agents.find(ctx.op.tenant, *id);
    co_return co_await agents.find_by_slug(ctx.op.tenant, std::move(name));
}

/// An agent by slug or id, else a known model by its name. Fails with `not_found`.
Task<schemas::Model> model_view(RequestContext& ctx) {
    const std::string name(ctx.path_text("model_id"));
    const auto& known = ctx.services.models->models();
    schemas::Model model;
    auto agent = co_await find_agent(ctx, name);
    if (agent) {
        model = describe_agent(*ctx.services.models, *agent);
    } else {
        if (agent.error().code != ErrorCode::not_found) co_return std::unexpected(std::move(agent).error());
        const auto info = std::ranges::find(known, name, &llm::ModelInfo::id);
        if (info == known.end()) co_return fail_not_found("Model");
        model = describe_model(*info);
    }
    model.available = co_await ctx.services.runs->can_call(ctx.op, model.provider);
    co_return model;
}

}  // namespace

Routes model_routes() {
    const auto read = Policy::role(Role::viewer, "agents:read");
    return {
        endpoint<model_list>(http::Method::get, "/v1/models", "model_list", "Models", "List agents and models", read)
            .describe("The list form of OpenAI's clients: the tenant's agents, by slug, and the known models with prices and availability."),
        endpoint<model_view>(http::Method::get, "/v1/models/{model_id}", "model_view", "Models", "Show an agent or a model", read),
    };
}

}  // namespace agentic::api::v1

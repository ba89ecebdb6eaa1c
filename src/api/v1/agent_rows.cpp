#include "api/v1/agent_rows.hpp"

#include <utility>

#include "core/encoding.hpp"
#include "core/id_list.hpp"
#include "schema/enum.hpp"

namespace agentic::api::v1 {
namespace {

using schemas::ModelProvider;

JsonText json_array(const std::vector<std::string>& texts) {
    JsonText out{"["};
    for (const auto& text : texts) {
        if (out.text.size() > 1) out.text += ',';
        append_json_string(out.text, text);
    }
    out.text += ']';
    return out;
}

struct Model {
    std::string provider, name;
};

/// The codec has refused the combinations that leave something open.
Model model_of(const schemas::AgentCreate& in, const AgentDefaults& defaults) {
    if (in.model_provider && in.model_name) return {std::string(schema::enum_text(*in.model_provider)), *in.model_name};
    if (in.model_name) return {"anthropic", *in.model_name};
    if (in.model_provider) return {"extractive", "extractive"};
    return {defaults.model_provider, defaults.model_name};
}

/// Fails when the row holds no retrieval.
Result<void> apply(const schemas::RetrievalPatch& change, JsonText& row) {
    AGENTIC_TRY(auto retrieval, schema::Codec<schemas::Retrieval>::parse(row.text));
    if (change.top_k) retrieval.top_k = *change.top_k;
    if (change.mode) retrieval.mode = *change.mode;
    if (change.threshold) retrieval.threshold = *change.threshold;
    row.text = schema::to_json(retrieval);
    return {};
}

}  // namespace

db::AgentRow new_agent_row(const OpContext& op, const AgentDefaults& defaults, schemas::AgentCreate in) {
    const auto now = op.clock.now();
    auto model = model_of(in, defaults);
    return {
        .id = make_uuid_v7(now.unix_ms()),
        .name = std::move(in.name),
        .slug = std::move(in.slug),
        .description = std::move(in.description),
        .model_provider = std::move(model.provider),
        .model_name = std::move(model.name),
        .system_prompt = std::move(in.system_prompt),
        .temperature = in.temperature,
        .max_tokens = in.max_tokens,
        .capabilities = json_array(in.capabilities),
        .tools = json_array(in.tools),
        .collection_ids = ids_to_json(in.collection_ids),
        .retrieval = {schema::to_json(in.retrieval)},
        .timeout_seconds = in.timeout_seconds.value_or(defaults.timeout_seconds),
        .max_iterations = in.max_iterations.value_or(defaults.max_iterations),
        .memory_enabled = in.memory_enabled,
        .tags = json_array(in.tags),
        .config = std::move(in.config),
        .extra_metadata = std::move(in.extra_metadata),
        .status = AgentStatus::active,
        .version = 1,
        .created_by = op.principal.user_id,
        .created_at = now,
        .updated_at = now,
    };
}

Result<void> apply(schemas::AgentPatch change, db::AgentRow& row) {
    const bool chooses_model = change.model_provider || change.model_name;
    const auto take = [](auto& given, auto& target) {
        if (given) target = *std::move(given);
    };
    take(change.name, row.name);
    take(change.slug, row.slug);
    take(change.description, row.description);
    if (change.model_provider) row.model_provider = schema::enum_text(*change.model_provider);
    take(change.model_name, row.model_name);
    take(change.system_prompt, row.system_prompt);
    take(change.temperature, row.temperature);
    take(change.max_tokens, row.max_tokens);
    if (change.capabilities) row.capabilities = json_array(*change.capabilities);
    if (change.tools) row.tools = json_array(*change.tools);
    if (change.collection_ids) row.collection_ids = ids_to_json(*change.collection_ids);
    if (change.retrieval) AGENTIC_CHECK(apply(*change.retrieval, row.retrieval));
    take(change.timeout_seconds, row.timeout_seconds);
    take(change.max_iterations, row.max_iterations);
    take(change.memory_enabled, row.memory_enabled);
    if (change.tags) row.tags = json_array(*change.tags);
    take(change.config, row.config);
    take(change.extra_metadata, row.extra_metadata);
    take(change.status, row.status);

    if (!chooses_model) return {};
    Violations violations;
    schemas::check_model(row.model_provider, row.model_name, violations);
    if (!violations.empty()) return fail_validation(std::move(violations));
    return {};
}

schemas::Agent to_response(const TenantScope& tenant, db::AgentRow row) {
    return {
        .id = row.id,
        .tenant_id = tenant.tenant_id(),
        .name = std::move(row.name),
        .slug = std::move(row.slug),
        .description = std::move(row.description),
        .model_provider = std::move(row.model_provider),
        .model_name = std::move(row.model_name),
        .system_prompt = std::move(row.system_prompt),
        .temperature = row.temperature,
        .max_tokens = row.max_tokens,
        .capabilities = std::move(row.capabilities),
        .tools = std::move(row.tools),
        .collection_ids = std::move(row.collection_ids),
        .retrieval = std::move(row.retrieval),
        .timeout_seconds = row.timeout_seconds,
        .max_iterations = row.max_iterations,
        .memory_enabled = row.memory_enabled,
        .tags = std::move(row.tags),
        .config = std::move(row.config),
        .extra_metadata = std::move(row.extra_metadata),
        .status = row.status,
        .version = row.version,
        .created_by = row.created_by,
        .created_at = row.created_at,
        .updated_at = row.updated_at,
    };
}

schemas::AgentVersion to_response(db::AgentVersionRow row) {
    return {
        .agent_id = row.agent_id,
        .version = row.version,
        .name = std::move(row.name),
        .description = std::move(row.description),
        .model_provider = std::move(row.model_provider),
        .model_name = std::move(row.model_name),
        .system_prompt = std::move(row.system_prompt),
        .temperature = row.temperature,
        .max_tokens = row.max_tokens,
        .capabilities = std::move(row.capabilities),
        .tools = std::move(row.tools),
        .collection_ids = std::move(row.collection_ids),
        .retrieval = std::move(row.retrieval),
        .timeout_seconds = row.timeout_seconds,
        .max_iterations = row.max_iterations,
        .memory_enabled = row.memory_enabled,
        .tags = std::move(row.tags),
        .config = std::move(row.config),
        .extra_metadata = std::move(row.extra_metadata),
        .created_by = row.created_by,
        .created_at = row.created_at,
    };
}

}  // namespace agentic::api::v1

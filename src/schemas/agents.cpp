#include "schemas/agents.hpp"

#include "schema/engine.hpp"
#include "schemas/pagination_rules.hpp"

namespace agentic::schemas {

void check_model(std::string_view provider, std::string_view name, Violations& violations) {
    if (provider == "anthropic" && !name.starts_with("claude-"))
        violations.push_back({"model_name", "must start with claude- when model_provider is anthropic"});
}

}  // namespace agentic::schemas

namespace agentic::schema {
namespace {

using schemas::kLimitRule, schemas::kPageRule;

// The fields of an agent, as both of its requests check them.
constexpr Field kName = field("name", length(1, 255), describe("Shown to people."), example(R"("Research assistant")"));
constexpr Field kSlug = field("slug", length(1, 100), slug, describe("Unique among the tenant's agents; also its name as a model."), example(R"("research-assistant")"));
constexpr Field kDescription = field("description", length(0, 2000), example(R"("Finds and quotes sources.")"));
constexpr Field kModelProvider = field("model_provider", describe("Whose model; without it and model_name, the installation's default model is used."));
constexpr Field kModelName = field("model_name", length(1, 200), describe("A model of the provider. Names for anthropic start with claude-."), example(R"("claude-sonnet-5-5")"));
constexpr Field kSystemPrompt = field("system_prompt", length(0, 100'000), example(R"("You are a careful researcher.")"));
constexpr Field kTemperature = field("temperature", range(0, 2), describe("0 is a value; null leaves it to the model."), example("0.7"));
constexpr Field kMaxTokens = field("max_tokens", range(1, 1'000'000), describe("Of one answer; null leaves it to the model."), example("4096"));
constexpr Field kCapabilities = field("capabilities", items(0, 50), each(length(1, 64)), example(R"(["chat"])"));
constexpr Field kTools = field("tools", items(0, 100), each(length(1, 200)), describe("Names of the tools the agent may call."), example(R"(["calculator"])"));
constexpr Field kCollectionIds = field("collection_ids", items(0, 50), describe("Collections the agent answers from."), example("[]"));
constexpr Field kRetrieval = field("retrieval", describe("How the collections are searched."));
constexpr Field kTimeout = field("timeout_seconds", range(1, schemas::kAgentTimeoutMaxS), describe("Of one execution, in seconds."), example("300"));
constexpr Field kIterations = field("max_iterations", range(1, schemas::kAgentIterationsMax), describe("Model calls in one execution."), example("10"));
constexpr Field kMemory = field("memory_enabled", describe("Whether a conversation's earlier messages are sent to the model."));
constexpr Field kTags = field("tags", items(0, 50), each(length(1, 64)), example(R"(["support"])"));
constexpr Field kConfig = field("config", object_only, items(0, 100), describe("Free-form settings."), example("{}"));
constexpr Field kExtraMetadata = field("extra_metadata", object_only, items(0, 100), describe("Free-form; only carried."), example("{}"));

constexpr Field kTopK = field("top_k", range(1, 50), describe("Passages given to the model."), example("5"));
constexpr Field kThreshold = field("threshold", range(0, 1), describe("Passages that score less are left out."), example("0.3"));

/// In a new agent: may be left out.
consteval Field optional_in_create(Field rule) {
    rule.rules.defaulted = true;
    return rule;
}

/// In a change: may be left out, but not null.
consteval Field not_null_in_patch(Field rule) {
    rule.rules.not_null = true;
    return rule;
}

// What the JSON texts of an answer hold.
constexpr Holds kStrings = holds(R"("type":"array","items":{"type":"string"})");
constexpr Holds kIds = holds(R"("type":"array","items":{"type":"string","format":"uuid"})");
constexpr Holds kRetrievalObject = holds(R"("$ref":"#/components/schemas/Retrieval")");

}  // namespace

template <>
struct Rules<schemas::Retrieval> {
    static constexpr std::string_view doc = "How an agent searches its collections.";
    static constexpr auto fields = std::tuple{optional_in_create(kTopK), field("mode", defaulted), kThreshold};
};
template struct Codec<schemas::Retrieval>;

template <>
struct Rules<schemas::RetrievalPatch> {
    static constexpr std::string_view doc = "Changes of how an agent searches. What is absent stays; null takes the threshold away.";
    static constexpr auto fields = std::tuple{not_null_in_patch(kTopK), field("mode", not_null), kThreshold};
};
template struct Codec<schemas::RetrievalPatch>;

template <>
struct Rules<schemas::AgentCreate> {
    static constexpr std::string_view doc = "A new agent. Only a name and a slug are needed.";
    static constexpr auto fields = std::tuple{
        kName, kSlug, kDescription, kModelProvider, kModelName, kSystemPrompt, kTemperature, kMaxTokens,
        optional_in_create(kCapabilities), optional_in_create(kTools), optional_in_create(kCollectionIds), optional_in_create(kRetrieval),
        kTimeout, kIterations, optional_in_create(kMemory), optional_in_create(kTags), optional_in_create(kConfig),
        optional_in_create(kExtraMetadata),
    };
    static void check(const schemas::AgentCreate& agent, Violations& violations) {
        using schemas::ModelProvider;
        if (agent.model_name && !agent.model_provider && !agent.model_name->starts_with("claude-"))
            violations.push_back({"model_provider", "is required with this model_name"});
        if (agent.model_provider && !agent.model_name && *agent.model_provider != ModelProvider::extractive)
            violations.push_back({"model_name", "is required with this model_provider"});
        if (agent.model_provider && agent.model_name) schemas::check_model(enum_text(*agent.model_provider), *agent.model_name, violations);
    }
};
template struct Codec<schemas::AgentCreate>;

template <>
struct Rules<schemas::AgentPatch> {
    static constexpr std::string_view doc = "Changes to an agent. What is absent stays; null empties a field that may be empty.";
    static constexpr auto fields = std::tuple{
        not_null_in_patch(kName), not_null_in_patch(kSlug), kDescription, not_null_in_patch(kModelProvider), not_null_in_patch(kModelName),
        kSystemPrompt, kTemperature, kMaxTokens, not_null_in_patch(kCapabilities), not_null_in_patch(kTools), not_null_in_patch(kCollectionIds),
        not_null_in_patch(kRetrieval), not_null_in_patch(kTimeout), not_null_in_patch(kIterations), not_null_in_patch(kMemory),
        not_null_in_patch(kTags), not_null_in_patch(kConfig), not_null_in_patch(kExtraMetadata),
        field("status", not_null, describe("Only an active agent can be executed.")),
    };
};
template struct Codec<schemas::AgentPatch>;

template <>
struct Rules<schemas::Agent> {
    static constexpr std::string_view doc = "An agent: a model, what it is told, and what it may use.";
    static constexpr auto fields = std::tuple{
        field("capabilities", kStrings), field("tools", kStrings), field("collection_ids", kIds), field("retrieval", kRetrievalObject),
        field("tags", kStrings), field("config", object_only), field("extra_metadata", object_only),
        field("version", describe("Goes up by one with every change; its ETag.")),
    };
};
template struct Codec<schemas::Agent>;

template <>
struct Rules<schemas::AgentVersion> {
    static constexpr std::string_view doc = "What an agent did at one version. It never changes.";
    static constexpr auto fields = std::tuple{
        field("capabilities", kStrings), field("tools", kStrings), field("collection_ids", kIds), field("retrieval", kRetrievalObject),
        field("tags", kStrings), field("config", object_only), field("extra_metadata", object_only),
        field("created_by", describe("Who made this version.")),
    };
};
template struct Codec<schemas::AgentVersion>;

template <>
struct Rules<schemas::AgentListQuery> {
    static constexpr auto fields = std::tuple{
        kPageRule, kLimitRule,
        field("search", length(1, 200), describe("Part of the name, slug or description, in any case.")),
        field("sort", defaulted), field("order", defaulted),
    };
};
template struct Codec<schemas::AgentListQuery>;

template <>
struct Rules<schemas::AgentList> {};
template struct Codec<schemas::AgentList>;

template <>
struct Rules<schemas::AgentVersionList> {};
template struct Codec<schemas::AgentVersionList>;

}  // namespace agentic::schema

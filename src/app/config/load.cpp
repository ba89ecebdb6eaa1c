#include "app/config/load.hpp"

#include <algorithm>
#include <format>
#include <fstream>
#include <iterator>
#include <optional>

#include "app/config/default_model.hpp"
#include "app/config/weak_secret.hpp"
#include "core/encoding.hpp"
#include "schemas/agents.hpp"

namespace agentic::app {
namespace {

constexpr std::size_t kFileBytesMax = 64 << 10;  // a value, not a document

struct Found {
    std::string source;
    std::string text;
    std::string fault;  // of the lookup itself
};

std::optional<std::string> read_value_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kFileBytesMax + 1, '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) return std::nullopt;
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kFileBytesMax) return std::nullopt;
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
}

std::string_view value_in(const Layer& layer, std::string_view name) {
    const auto found = layer.values.find(name);
    return found == layer.values.end() ? std::string_view{} : std::string_view(found->second);
}

Found look_up(const Setting& setting, std::span<const Layer> layers) {
    const auto file_name = std::string(setting.name) + "_FILE";
    for (const auto& layer : layers) {
        const auto direct = value_in(layer, setting.name), file = value_in(layer, file_name);
        if (!direct.empty() && !file.empty()) return {layer.source, {}, "must not be set together with " + file_name};
        if (!direct.empty()) return {layer.source, std::string(direct), {}};
        if (file.empty()) continue;
        auto text = read_value_file(std::string(file));
        if (!text || text->empty()) return {layer.source, {}, std::format("{} must name a readable file of 1 to {} bytes", file_name, kFileBytesMax)};
        return {layer.source + ", file", *std::move(text), {}};
    }
    return {"default", std::string(setting.default_value), {}};
}

std::string shown(const Setting& setting, const std::string& text) {
    if (text.empty()) return {};
    switch (setting.reader.visibility) {
        case Visibility::open: return is_valid_utf8(text) ? text : "(not UTF-8)";
        case Visibility::url: return is_valid_utf8(text) ? without_passwords(text) : "(not UTF-8)";
        case Visibility::secret: return "***";
    }
    return "***";
}

std::string rule_of(const Setting& setting, const Value& refused) {
    const auto& reader = setting.reader;
    const bool vowel = std::string_view("aeiou").contains(reader.value_class.front());
    auto rule = std::format("must be {} {}{}{}", vowel ? "an" : "a", reader.value_class, reader.rule.empty() ? "" : ": ", reader.rule);
    if (const auto* entry = std::get_if<std::vector<std::string>>(&refused)) rule += std::format("; not {}", is_valid_utf8(entry->front()) ? without_passwords(entry->front()) : "(not UTF-8)");
    return rule;
}

void decide(const Setting& setting, std::span<const Layer> layers, LoadedConfig& out) {
    const auto found = look_up(setting, layers);
    const auto report = [&](std::string rule) {
        out.problems.push_back({std::string(setting.name), found.source, setting.reader.value_class, std::move(rule)});
    };
    out.entries.push_back({&setting, found.source, shown(setting, found.text)});
    if (!found.fault.empty()) return report(found.fault);
    if (found.text.empty()) return;
    Value value;
    if (!setting.reader.read(found.text, value)) return report(rule_of(setting, value));
    setting.store(out.config, value);
}

void check_names(const Layer& layer, LoadedConfig& out) {
    for (const auto& [name, value] : layer.values) {
        const std::string_view base = std::string_view(name).ends_with("_FILE") ? std::string_view(name).substr(0, name.size() - 5) : name;
        if (find_setting(name) || find_setting(base)) continue;
        out.problems.push_back({name, layer.source, "unknown", "is not a setting"});
    }
}

std::string_view source_of(const LoadedConfig& loaded, std::string_view name) {
    return std::ranges::find(loaded.entries, name, [](const ConfigEntry& entry) { return entry.setting->name; })->source;
}

/// In production a weakness is a problem, elsewhere a warning.
void judge(LoadedConfig& out, std::string_view name, std::string_view value_class, std::string_view weakness) {
    if (weakness.empty()) return;
    const ConfigProblem problem{std::string(name), std::string(source_of(out, name)), std::string(value_class), std::string(weakness)};
    if (out.config.general.environment == Environment::production) out.problems.push_back(problem);
    else out.warnings.push_back(problem.to_string() + "; production refuses this");
}

void check_secrets(LoadedConfig& out) {
    const auto& config = out.config;
    const bool production = config.general.environment == Environment::production;
    for (const auto& [name, secret] : {std::pair{"SECRET_KEY", &config.security.secret_key}, {"JWT_SECRET", &config.security.jwt_secret}}) {
        const bool reported = std::ranges::contains(out.problems, name, &ConfigProblem::variable);
        if (secret->empty() && production && !reported) judge(out, name, "secret", "must be set in production");
        judge(out, name, "secret", weakness_of(secret->reveal()));
    }
    if (!config.security.jwt_secret.empty() && config.security.jwt_secret.reveal() == config.security.secret_key.reveal())
        judge(out, "JWT_SECRET", "secret", "must differ from SECRET_KEY");
    if (std::ranges::any_of(passwords_of(config.database.url.reveal()), is_default_password)) judge(out, "DATABASE_URL", "URL", "has a default password");
    for (const auto& [name, key] : {std::pair{"ANTHROPIC_API_KEY", &config.models.anthropic_api_key}, {"OPENAI_API_KEY", &config.models.openai_api_key}})
        judge(out, name, "secret", weakness_of(key->reveal()));
}

/// The rule that the API has for an agent's model holds for the default, too: else agents would be made that cannot be changed.
void check_default_model(LoadedConfig& out) {
    const auto [provider, name] = default_model(out.config.models);
    Violations violations;
    schemas::check_model(provider, name, violations);
    for (auto& violation : violations) out.problems.push_back({"DEFAULT_MODEL", std::string(source_of(out, "DEFAULT_MODEL")), "text", std::move(violation.issue)});
}

}  // namespace

std::string ConfigProblem::to_string() const { return std::format("{} ({}): {}", variable, source, rule); }

LoadedConfig load_config(std::span<const Layer> layers) {
    LoadedConfig out;
    for (const auto& setting : settings()) decide(setting, layers, out);
    for (const auto& layer : layers) {
        if (layer.refuses_unknown) check_names(layer, out);
    }
    check_secrets(out);
    check_default_model(out);
    return out;
}

}  // namespace agentic::app

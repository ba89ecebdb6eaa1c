#include "app/config/render.hpp"

#include <format>

#include "core/encoding.hpp"

namespace agentic::app {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view value) {
    if (!out.ends_with('{')) out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
}

/// `|` would end a cell of a table.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

std::string config_as_text(const LoadedConfig& loaded) {
    std::string out;
    std::string_view group;
    for (const auto& entry : loaded.entries) {
        if (entry.setting->group != group) {
            group = entry.setting->group;
            out += std::format("{}# {}\n", out.empty() ? "" : "\n", group);
        }
        out += std::format("{:<52}  # {}\n", std::format("{}={}", entry.setting->name, entry.value), entry.source);
    }
    return out;
}

std::string config_as_json(const LoadedConfig& loaded) {
    std::string out = "[";
    for (const auto& entry : loaded.entries) {
        out += out.size() == 1 ? "{" : ",{";
        append_member(out, "name", entry.setting->name);
        append_member(out, "value", entry.value);
        append_member(out, "source", entry.source);
        out += '}';
    }
    return out + "]";
}

std::string problems_as_json(const LoadedConfig& loaded) {
    std::string out = std::format(R"({{"ok":{},"problems":[)", loaded.problems.empty());
    for (const auto& problem : loaded.problems) {
        out += out.ends_with('[') ? "{" : ",{";
        append_member(out, "variable", problem.variable);
        append_member(out, "source", problem.source);
        append_member(out, "value_class", problem.value_class);
        append_member(out, "rule", problem.rule);
        out += '}';
    }
    out += R"(],"warnings":[)";
    for (const auto& warning : loaded.warnings) {
        if (!out.ends_with('[')) out += ',';
        append_json_string(out, warning);
    }
    return out + "]}";
}

std::string settings_as_markdown() {
    std::string out;
    std::string_view group;
    for (const auto& setting : settings()) {
        if (setting.group != group) {
            group = setting.group;
            out += std::format("\n### {}\n\n| Variable | Flag | Value | Default | Meaning |\n| --- | --- | --- | --- | --- |\n", group);
        }
        const auto value = setting.reader.rule.empty() ? setting.reader.value_class : setting.reader.value_class + ": " + setting.reader.rule;
        const auto standard = setting.default_value.empty() ? std::string() : std::format("`{}`", setting.default_value);
        out += std::format("| `{}` | `{}` | {} | {} | {} |\n", setting.name, setting.flag(), cell(value), standard, cell(setting.description));
    }
    return out;
}

}  // namespace agentic::app

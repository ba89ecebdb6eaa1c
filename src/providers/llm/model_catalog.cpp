#include "providers/llm/model_catalog.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>

namespace agentic::llm {
namespace {

namespace json = boost::json;

bool is_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }); }

// "claude-opus-4-5-20251101" -> "claude-opus-4-5"; "gpt-4o-2024-08-06" -> "gpt-4o".
std::string_view without_date(std::string_view model) {
    if (model.size() > 9 && model[model.size() - 9] == '-' && is_digits(model.substr(model.size() - 8))) return model.substr(0, model.size() - 9);
    if (model.size() > 11 && model[model.size() - 11] == '-' && is_digits(model.substr(model.size() - 10, 4)) && model[model.size() - 6] == '-' &&
        is_digits(model.substr(model.size() - 5, 2)) && model[model.size() - 3] == '-' && is_digits(model.substr(model.size() - 2))) {
        return model.substr(0, model.size() - 11);
    }
    return model;
}

// "claude-opus", "gpt", "o": what names of one line have in common.
std::string_view family(std::string_view model) {
    std::size_t end = 0;
    while (end < model.size() && !(model[end] >= '0' && model[end] <= '9')) ++end;
    while (end > 0 && (model[end - 1] == '-' || model[end - 1] == '.')) --end;
    return model.substr(0, end);
}

ModelInfo provider_default(std::string_view provider) {
    if (provider == "anthropic") {
        return {.context_window = 200'000, .max_output = 32'000, .temperature = false, .thinking = true, .citations = true, .prices = {5'000'000, 25'000'000, 500'000, 6'250'000}};
    }
    if (provider == "openai") return {.context_window = 128'000, .max_output = 16'384, .temperature = false, .thinking = true, .prices = {5'000'000, 30'000'000, 500'000, 5'000'000}};
    return {};
}

/// Reads one entry of the operator's file, noting every fault.
class EntryReader {
public:
    EntryReader(const json::object& object, std::string path, Violations& violations) : object_(object), path_(std::move(path)), violations_(violations) {}

    void text(std::string_view key, std::string& out) {
        const auto* value = find(key);
        if (value == nullptr || !value->is_string() || value->get_string().empty()) return fault(key, "must be a non-empty string");
        out = value->get_string();
    }
    void number(std::string_view key, std::int64_t min, std::int64_t& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        boost::system::error_code error;
        const auto parsed = value->to_number<std::int64_t>(error);
        if (error || parsed < min || parsed > 1'000'000'000'000) return fault(key, "must be a whole number of at least " + std::to_string(min));
        out = parsed;
    }
    void flag(std::string_view key, bool& out) {
        const auto* value = find(key);
        if (value == nullptr) return;
        if (!value->is_bool()) return fault(key, "must be true or false");
        out = value->get_bool();
    }
    const json::object* object(std::string_view key) {
        const auto* value = find(key);
        if (value == nullptr) return nullptr;
        if (!value->is_object()) fault(key, "must be an object");
        return value->if_object();
    }
    void refuse_unread() {
        for (const auto& field : object_) {
            if (std::ranges::find(read_, field.key()) == read_.end()) fault(field.key(), "is not a known field");
        }
    }

private:
    const json::value* find(std::string_view key) {
        read_.emplace_back(key);
        return object_.if_contains(key);
    }
    void fault(std::string_view key, std::string issue) { violations_.push_back({path_ + "." + std::string(key), std::move(issue)}); }

    const json::object& object_;
    std::string path_;
    Violations& violations_;
    std::vector<std::string> read_;
};

}  // namespace

const ModelInfo* ModelCatalog::lookup(std::string_view provider, std::string_view model) const {
    const auto found = std::ranges::find_if(models_, [&](const ModelInfo& info) { return info.provider == provider && info.id == model; });
    return found == models_.end() ? nullptr : &*found;
}

ModelInfo ModelCatalog::find(std::string_view provider, std::string_view model) const {
    if (const auto* exact = lookup(provider, model)) return *exact;
    ModelInfo out;
    if (const auto* dated = lookup(provider, without_date(model))) {
        out = *dated;
        out.known = true;
    } else {
        const auto line = family(model);
        const auto relative = std::ranges::find_if(models_, [&](const ModelInfo& info) { return info.provider == provider && family(info.id) == line; });
        out = relative != models_.end() && line.size() > 1 && line != "gpt" ? *relative : provider_default(provider);
        out.known = false;
    }
    out.provider = provider;
    out.id = model;
    return out;
}

Result<void> ModelCatalog::apply(std::string_view text) {
    boost::system::error_code error;
    const auto document = json::parse(text, error);
    const auto* root = error ? nullptr : document.if_object();
    const auto* list = root == nullptr || !root->contains("models") ? nullptr : root->at("models").if_array();
    if (list == nullptr || root->size() != 1) return fail_validation({{"models", "must be a list, and the only field"}});
    Violations violations;
    std::vector<ModelInfo> added;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string path = "models[" + std::to_string(i) + "]";
        const auto* object = (*list)[i].if_object();
        if (object == nullptr) {
            violations.push_back({path, "must be an object"});
            continue;
        }
        EntryReader reader(*object, path, violations);
        std::string provider, id;
        reader.text("provider", provider);
        reader.text("id", id);
        ModelInfo info = find(provider, id);
        info.known = true;
        reader.number("context_window", 1, info.context_window);
        reader.number("max_output", 1, info.max_output);
        reader.flag("temperature", info.temperature);
        reader.flag("tools", info.tools);
        reader.flag("thinking", info.thinking);
        reader.flag("citations", info.citations);
        reader.flag("search_results", info.search_results);
        if (const auto* prices = reader.object("prices")) {
            EntryReader inner(*prices, path + ".prices", violations);
            inner.number("input", 0, info.prices.input);
            inner.number("output", 0, info.prices.output);
            inner.number("cache_read", 0, info.prices.cache_read);
            inner.number("cache_write", 0, info.prices.cache_write);
            inner.refuse_unread();
        }
        reader.refuse_unread();
        added.push_back(std::move(info));
    }
    if (!violations.empty()) return fail_validation(std::move(violations));
    for (auto& info : added) {
        std::erase_if(models_, [&](const ModelInfo& old) { return old.provider == info.provider && old.id == info.id; });
        models_.push_back(std::move(info));
    }
    return {};
}

std::int64_t cost_micros(const ModelPrices& prices, const Usage& usage) {
    constexpr std::int64_t kMillion = 1'000'000;
    const auto cache_read = std::max<std::int64_t>(usage.cache_read_tokens, 0);
    const auto cache_write = std::max<std::int64_t>(usage.cache_write_tokens, 0);
    const auto plain = std::max<std::int64_t>(usage.input_tokens - cache_read - cache_write, 0);
    std::int64_t whole = 0;
    std::int64_t rest = 0;  // below 4 * 10^18 while prices stay below 10^12
    for (const auto& [tokens, price] : {std::pair{plain, prices.input}, std::pair{std::max<std::int64_t>(usage.output_tokens, 0), prices.output},
                                        std::pair{cache_read, prices.cache_read}, std::pair{cache_write, prices.cache_write}}) {
        whole += tokens / kMillion * price;
        rest += tokens % kMillion * price;
    }
    return whole + (rest + kMillion / 2) / kMillion;
}

}  // namespace agentic::llm

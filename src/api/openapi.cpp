#include "api/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "api/openapi_operation.hpp"
#include "api/openapi_text.hpp"
#include "api/router.hpp"
#include "schema/json_object.hpp"
#include "schemas/error.hpp"

namespace agentic::api {
namespace {

using openapi_text::kFailures;
using openapi_text::kTags;
using schema::JsonObject;
using schema::Type;

constexpr std::string_view kSecuritySchemes =
    R"({"bearer":{"type":"http","scheme":"bearer","description":"An access token, or an API key."},)"
    R"("api_key":{"type":"apiKey","in":"header","name":"x-api-key","description":"An API key."},)"
    R"("password":{"type":"oauth2","description":"Signs in with e-mail and password.","flows":{"password":{"tokenUrl":"/v1/auth/login","scopes":{}}}}})";

// A type and what it refers to. A type that clients send is described as input, also where it is answered too.
class Components {
public:
    void add(const Type* type, Type::Direction direction) {
        if (!type) return;
        const auto [entry, is_new] = types_.try_emplace(type->name, type, direction);
        auto& [known, known_direction] = entry->second;
        if (known != type) throw std::logic_error("two wire types are called " + std::string(type->name));
        const bool becomes_input = direction == Type::Direction::input && known_direction != direction;
        if (!is_new && !becomes_input) return;
        known_direction = direction;
        for (const auto* nested : type->nested()) add(nested, direction);
    }
    void write(std::string& out) const {
        JsonObject schemas(out);
        for (const auto& [name, entry] : types_) entry.first->describe(schemas.name(name), entry.second);
    }

private:
    std::map<std::string_view, std::pair<const Type*, Type::Direction>> types_;
};

void add_tags(std::string& out, std::span<const Route> routes) {
    std::set<std::string_view> used;
    for (const auto& route : routes) used.insert(route.tag);
    out += '[';
    const auto add = [&](std::string_view tag) {
        if (used.erase(tag) == 0) return;
        if (out.back() != '[') out += ',';
        JsonObject object(out);
        object.text("name", tag);
        object.text("description", describe_tag(tag));
    };
    for (const auto& known : kTags) add(known.first);
    while (!used.empty()) add(*used.begin());
    out += ']';
}

// The router decides how requests are answered, so it is asked. A parameter's name stands for any value of it.
bool is_resource(const Router& router, const Route& route) { return router.find(route.method, route.path).is_resource; }

// Paths in the order of the table, the methods of one path together.
void add_paths(std::string& out, std::span<const Route> routes, const Router& router) {
    std::set<std::string_view> done;
    JsonObject paths(out);
    for (const auto& route : routes) {
        if (!done.insert(route.path).second) continue;
        JsonObject item(paths.name(route.path));
        for (const auto& other : routes)
            if (other.path == route.path) add_operation(item.name(method_key(other.method)), other, is_resource(router, other));
    }
}

void add_failures(std::string& out, std::span<const Route> routes, const Router& router) {
    std::set<int> used;
    for (const auto& route : routes)
        for (const int status : failures_of(route, is_resource(router, route))) used.insert(status);
    JsonObject responses(out);
    for (const auto& [status, component, description] : kFailures) {
        if (!used.contains(status)) continue;
        JsonObject response(responses.name(component));
        response.text("description", description);
        response.raw("content", R"({"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}})");
    }
}

void add_components(std::string& out, std::span<const Route> routes, const Router& router) {
    Components types;
    types.add(&schema::Codec<schemas::Error>::type(), Type::Direction::output);
    for (const auto& route : routes) {
        types.add(route.body, Type::Direction::input);
        for (const auto& doc : route.also_accepts) types.add(doc.type, Type::Direction::input);
        for (const auto& doc : route.responses) types.add(doc.type, Type::Direction::output);
    }
    JsonObject components(out);
    types.write(components.name("schemas"));
    add_failures(components.name("responses"), routes, router);
    components.raw("securitySchemes", kSecuritySchemes);
}

}  // namespace

std::string_view describe_tag(std::string_view tag) {
    const auto known = std::ranges::find(kTags, tag, [](const auto& entry) { return entry.first; });
    return known == kTags.end() ? std::string_view() : known->second;
}

std::string openapi_document(std::span<const Route> routes) {
    const Router router(routes);
    std::string out;
    {
        JsonObject document(out);
        document.text("openapi", "3.1.0");
        {
            JsonObject info(document.name("info"));
            info.text("title", openapi_text::kTitle);
            info.text("version", openapi_text::kVersion);
            info.text("description", openapi_text::kIntroduction);
            info.raw("license", R"({"name":"Apache License 2.0","identifier":"Apache-2.0"})");
        }
        document.raw("servers", R"([{"url":"/","description":"This server"}])");
        add_tags(document.name("tags"), routes);
        add_paths(document.name("paths"), routes, router);
        add_components(document.name("components"), routes, router);
    }
    return out;
}

const std::string& openapi_document() {
    static const auto document = openapi_document(all_routes());
    return document;
}

}  // namespace agentic::api

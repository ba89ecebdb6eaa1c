#include "api/idempotency.hpp"
#include "api/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "api/openapi_operation.hpp"
#include "api/openapi_text.hpp"
#include "core/encoding.hpp"
#include "http/status.hpp"
#include "schema/enum.hpp"
#include "schema/json_object.hpp"
#include "schemas/error.hpp"
#include "unit/api/dispatch_support.hpp"

namespace agentic::api::test {
namespace {

using http::Method;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Task<Thing> view(RequestContext&) { co_return Thing{}; }
Task<Thing> list(RequestContext&, Query<ThingQuery>) { co_return Thing{}; }
Task<Created<Thing>> create(RequestContext&, Thing in) { co_return Created<Thing>{std::move(in)}; }
Task<> remove(RequestContext&) { co_return Result<void>(); }
Task<http::Response> upload(RequestContext&) { co_return http::Response{}; }

constexpr auto kPolicy = Policy::role(Role::member, "things:read");

std::string document_of(std::vector<Route> routes) { return openapi_document(routes); }
std::string document_of(Route route) { return document_of(std::vector<Route>{std::move(route)}); }

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(OpenApi, DescribesAnOperationFromItsRow) {
    EXPECT_THAT(document_of(endpoint<list>(Method::get, "/things", "thing_list", "Agents", "List things", kPolicy)),
                HasSubstr(R"("paths":{"/things":{"get":{"tags":["Agents"],"summary":"List things",)"
                          R"("description":"Needs the role `member` or above; API keys need the scope `things:read`.","operationId":"thing_list",)"
                          R"("parameters":[{"name":"limit","in":"query","required":false,"description":"How many.",)"
                          R"("schema":{"type":"integer","format":"int32","minimum":1,"maximum":100,"default":20}}],)"
                          R"("responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},)"
                          R"("400":{"$ref":"#/components/responses/BadRequest"},"401":{"$ref":"#/components/responses/NotAuthenticated"},"403":{"$ref":"#/components/responses/Forbidden"},)"
                          R"("422":{"$ref":"#/components/responses/ValidationError"},"429":{"$ref":"#/components/responses/TooManyRequests"},)"
                          R"("500":{"$ref":"#/components/responses/InternalError"},"503":{"$ref":"#/components/responses/Unavailable"}},)"
                          R"("security":[{"bearer":[]},{"api_key":[]},{"password":[]}],)"
                          R"("x-policy":{"kind":"tenant","minimum_role":"member","scope":"things:read"}}}})"));
}

TEST(OpenApi, DescribesBodiesAndAnswers) {
    const auto created = document_of(endpoint<create>(Method::post, "/things", "thing_create", "Agents", "Create", Policy::person(Role::admin)));
    EXPECT_THAT(created, HasSubstr(R"("requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}})"));
    EXPECT_THAT(created, HasSubstr(R"("201":{"description":"Created")"));
    EXPECT_THAT(created, HasSubstr(R"("security":[{"bearer":[]},{"password":[]}])"));
    EXPECT_THAT(created, HasSubstr(R"("required":["name"],"additionalProperties":false)"));   // sent: `size` may be left out
    EXPECT_THAT(document_of(endpoint<view>(Method::get, "/thing", "v", "Agents", "V", kPolicy)), HasSubstr(R"("required":["name","size"])"));
    EXPECT_THAT(document_of(endpoint<remove>(Method::del, "/things/{id}", "d", "Agents", "D", kPolicy)), HasSubstr(R"("204":{"description":"Done"},"400")"));
}

TEST(OpenApi, DescribesResourcesWithTheirTags) {
    const auto read = document_of(endpoint<view>(Method::get, "/things/{thing_id}", "v", "Agents", "V", kPolicy));
    EXPECT_THAT(read, HasSubstr(R"({"name":"thing_id","in":"path","required":true,"description":"Id of the thing.","schema":{"type":"string","format":"uuid"}})"));
    EXPECT_THAT(read, HasSubstr(R"("name":"If-None-Match")"));
    EXPECT_THAT(read, HasSubstr(R"("headers":{"ETag")"));
    EXPECT_THAT(read, HasSubstr(R"("304")"));
    EXPECT_THAT(read, HasSubstr(R"("404")"));
    const auto gone = document_of({endpoint<view>(Method::get, "/things/{thing_id}", "v", "Agents", "V", kPolicy), endpoint<remove>(Method::del, "/things/{thing_id}", "d", "Agents", "D", kPolicy)});
    EXPECT_THAT(gone, HasSubstr(R"("name":"If-Match")"));
    EXPECT_THAT(gone, HasSubstr(R"("412")"));
}

TEST(OpenApi, KnowsResourcesAsTheRouterDoes) {
    const auto own = document_of({endpoint<view>(Method::get, "/me", "v", "Agents", "V", kPolicy), endpoint<create>(Method::patch, "/me", "u", "Agents", "U", kPolicy)});
    for (const auto* part : {R"("name":"If-None-Match")", R"("name":"If-Match")", R"("headers":{"ETag")", R"("304")", R"("412")"}) EXPECT_THAT(own, HasSubstr(part));
    const auto unread = document_of(endpoint<remove>(Method::del, "/keys/{key_id}", "d", "Agents", "D", kPolicy));   // without a GET there is no tag to match
    EXPECT_THAT(unread, Not(HasSubstr(R"("name":"If-Match")")));
    EXPECT_THAT(unread, Not(HasSubstr(R"("412")")));
}

TEST(OpenApi, SaysWhenTheBodyMayBeAbsentAndWhenOthersAreAsked) {
    auto route = endpoint<create>(Method::post, "/things", "c", "Agents", "C", kPolicy);
    const auto plain = document_of(route);
    EXPECT_THAT(plain, HasSubstr(R"("requestBody":{"required":true)"));
    EXPECT_THAT(plain, Not(HasSubstr(R"("502")")));
    EXPECT_THAT(plain, HasSubstr(R"("507":{"$ref":"#/components/responses/StorageFull"})"));
    route.may_omit_body = true;
    const auto other = document_of(std::move(route).asks_a_provider());
    EXPECT_THAT(other, HasSubstr(R"("requestBody":{"required":false)"));
    EXPECT_THAT(other, HasSubstr(R"("502":{"$ref":"#/components/responses/UpstreamError"})"));
}

TEST(OpenApi, ListsEveryContentTypeOfAStatus) {
    const auto document = document_of(endpoint<upload>(Method::post, "/files", "upload", "Agents", "Upload", kPolicy,
                                                       {{200, &schema::Codec<Thing>::type(), "The thing."}, {200, nullptr, "Events.", "text/event-stream"}})
                                          .accepts({"multipart/form-data", nullptr, R"({"type":"object"})"})
                                          .describe("More."));
    EXPECT_THAT(document, HasSubstr(R"("200":{"description":"The thing.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}},)"
                                    R"("text/event-stream":{"schema":{"type":"object","properties":{"id":{"type":"string","description":"Its number in the run."},"event":{"type":"string"},"data":{"type":"string","description":"JSON."}}}}}})"));
    EXPECT_THAT(document, HasSubstr(R"("requestBody":{"required":true,"content":{"multipart/form-data":{"schema":{"type":"object"}}}})"));
    EXPECT_THAT(document, HasSubstr(R"("description":"More.\n\nNeeds)"));
}

TEST(OpenApi, ErrorBodiesMatchTheirSchema) {
    auto error = fail_validation({{"a", "is required"}, {"b[0]", "must be a string"}}).error();
    const auto parsed = schema::Codec<schemas::Error>::parse(http::error_response(error, "req-1").body);
    ASSERT_TRUE(parsed) << parsed.error().public_message;
    EXPECT_EQ(parsed->error.code, ErrorCode::validation_error);
    EXPECT_EQ(parsed->error.details.size(), 2U);
    for (std::size_t i = 0; i < schema::enum_names<ErrorCode>.size(); ++i) EXPECT_EQ(to_string(static_cast<ErrorCode>(i)), schema::enum_names<ErrorCode>[i]);
}

TEST(OpenApi, NamesTheStatusOfEveryErrorCode) {
    for (std::size_t i = 0; i < schema::enum_names<ErrorCode>.size(); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        if (code == ErrorCode::method_not_allowed) continue;   // of no operation
        EXPECT_TRUE(std::ranges::contains(openapi_text::kFailures, http::status_of(code), &openapi_text::Failure::status)) << to_string(code);
    }
}

TEST(OpenApi, IsTheCommittedDocument) {
    const auto now = schema::indent_json(openapi_document());
    if (std::getenv("AGENTIC_ACCEPT")) std::ofstream("docs/openapi/v1.json", std::ios::binary) << now;
    EXPECT_TRUE(read_file("docs/openapi/v1.json") == now) << "docs/openapi/v1.json is not what the routes say; AGENTIC_ACCEPT=1 rewrites it";
}

TEST(Routes, HaveUniqueOperationIdsAndKnownTags) {
    std::set<std::string_view> ids;
    for (const auto& route : all_routes()) {
        EXPECT_TRUE(ids.insert(route.operation_id).second) << route.operation_id << " is used twice";
        EXPECT_NE(describe_tag(route.tag), "") << route.tag << " has no description in api/openapi_text.hpp";
        EXPECT_FALSE(route.summary.empty()) << route.operation_id;
        EXPECT_FALSE(route.responses.empty()) << route.operation_id << " says nothing of what it answers";
    }
}

TEST(Routes, HavePoliciesThatRefuseStrangers) {
    for (const auto& route : all_routes()) {
        const bool refused = route.policy.refuses(Principal{}).has_value();
        EXPECT_EQ(refused, route.policy.kind() != Policy::Kind::open) << route.operation_id;
        const bool takes_keys = route.policy.kind() == Policy::Kind::tenant;
        EXPECT_EQ(route.policy.scope().empty(), !takes_keys) << route.operation_id;
    }
}

// A route joins this list by an edit that a reviewer sees, never by AGENTIC_ACCEPT.
TEST(Routes, AreOpenOnlyWhereTheListSaysSo) {
    std::string open;
    for (const auto& route : all_routes())
        if (route.policy.kind() == Policy::Kind::open) open.append(http::to_string(route.method)).append(" ").append(route.path).append("\n");
    EXPECT_EQ(open, read_file("tests/golden/open_routes.txt"));
}

TEST(IndentJson, KeepsTheContent) {
    EXPECT_EQ(schema::indent_json(R"({"a":[1,{"b":"x{,:\"}"}],"c":{},"d":[]})"),
              "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x{,:\\\"}\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}\n");
}

// What is kept for an Idempotency-Key is kept in the open: no digest of a body with a password, no answer with a secret.
TEST(Routes, KeepNoSecretsForIdempotencyKeys) {
    const auto has = [](const schema::Type* type, std::string_view member) {
        std::string schema;
        if (type != nullptr) type->describe(schema);
        return schema.contains("\"" + std::string(member) + "\":");
    };
    int secrets = 0;
    for (const auto& route : all_routes()) {
        if (!takes_idempotency_key(route)) continue;
        for (const auto word : {"password", "new_password", "current_password"}) EXPECT_FALSE(has(route.body, word)) << route.operation_id;
        for (const auto& answer : route.responses) {
            for (const auto word : {"key", "token", "secret"}) {
                if (!has(answer.type, word)) continue;
                EXPECT_EQ(route.repeat, Repeat::secret) << route.operation_id;
                ++secrets;
            }
        }
    }
    EXPECT_EQ(secrets, 2);   // an API key and an invitation
}

}  // namespace
}  // namespace agentic::api::test

#include <gmock/gmock.h>

#include "db/repositories/collections.hpp"
#include "support/test_app.hpp"

namespace agentic::api {
namespace {

using test::TestApp;
using testing::HasSubstr;

constexpr auto kMissing = "/v1/agents/0190a0b0-0000-7000-8000-000000000001";

std::string minimal(std::string slug) { return R"({"name": "Agent", "slug": ")" + slug + R"("})"; }

std::string path_of(const test::Answer& agent) { return "/v1/agents/" + agent.at("id"); }

TEST(AgentCreate, FillsInWhatTheRequestLeavesOpen) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto made = ann.post("/v1/agents", minimal("helper"));
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.header("location"), path_of(made));
    EXPECT_EQ(made.at("tenant_id"), ann.principal().tenant_id.to_string());
    EXPECT_EQ(made.at("created_by"), ann.principal().user_id.to_string());
    EXPECT_EQ(made.at("model_provider"), "extractive");
    EXPECT_EQ(made.at("model_name"), "extractive");
    EXPECT_EQ(made.at("temperature"), boost::json::serialize(boost::json::value(0.7)));
    EXPECT_EQ(made.at("max_tokens"), "null");
    EXPECT_EQ(made.at("timeout_seconds"), "300");
    EXPECT_EQ(made.at("max_iterations"), "10");
    EXPECT_EQ(made.at("tools"), "[]");
    EXPECT_EQ(made.at("retrieval"), R"({"top_k":5,"mode":"hybrid","threshold":null})");
    EXPECT_EQ(made.at("status"), "active");
    EXPECT_EQ(made.at("version"), "1");
    EXPECT_EQ(made.at("created_at"), "2026-01-01T00:00:00.000000Z");
}

/// A collection with that id, which agents of the tenant may name.
void add_collection(TestApp& app, TenantScope tenant, std::string_view id) {
    db::CollectionRow row{.id = *Uuid::parse(id), .name = "c", .embedding_model = "m", .embedding_dimensions = 2};
    app.run(db::CollectionRepository(*app.database).insert(tenant, row)).value();
}

TEST(AgentCreate, KeepsEveryField) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    add_collection(app, ann.scope(), "0190a0b0-0000-7000-8000-000000000001");
    const auto* body = R"({"name":"R","slug":"r-1","description":"d","model_provider":"anthropic","model_name":"claude-sonnet-5-5","system_prompt":"\"Be\" brief",
        "temperature":0,"max_tokens":1,"capabilities":["chat"],"tools":["a","\"b\""],"collection_ids":["0190a0b0-0000-7000-8000-000000000001"],
        "retrieval":{"top_k":3,"mode":"lexical","threshold":0.5},"timeout_seconds":1,"max_iterations":100,"memory_enabled":false,"tags":["x"],
        "config":{"a":{"b":[1,2.5,null]}},"extra_metadata":{"k":"v"}})";
    const auto agent = ann.get(path_of(ann.post("/v1/agents", body)));
    EXPECT_EQ(agent.status, 200);
    EXPECT_EQ(agent.at("system_prompt"), "\"Be\" brief");
    EXPECT_EQ(boost::json::parse(agent.at("temperature")).to_number<double>(), 0.0);  // zero is a value
    EXPECT_EQ(agent.at("max_tokens"), "1");
    EXPECT_EQ(agent.at("tools"), R"(["a","\"b\""])");
    EXPECT_EQ(agent.at("collection_ids"), R"(["0190a0b0-0000-7000-8000-000000000001"])");
    EXPECT_EQ(agent.at("retrieval.mode"), "lexical");
    EXPECT_EQ(agent.at("memory_enabled"), "false");
    EXPECT_EQ(agent.at("config.a.b.0"), "1");
    EXPECT_EQ(agent.at("extra_metadata.k"), "v");
}

TEST(AgentCreate, RefusesCollectionsThatAreNotTheTenants) {
    TestApp app;
    const auto ann = app.user("acme", Role::member), eve = app.user("other", Role::member);
    add_collection(app, ann.scope(), "0190a0b0-0000-7000-8000-000000000001");
    const auto* body = R"({"name":"R","slug":"r","model_provider":"extractive","collection_ids":["0190a0b0-0000-7000-8000-000000000001"]})";
    EXPECT_EQ(ann.post("/v1/agents", body).status, 201);
    const auto foreign = eve.post("/v1/agents", body);
    EXPECT_EQ(foreign.status, 422);
    EXPECT_EQ(foreign.at("error.details.0.field"), "collection_ids[0]");
    const auto agent = eve.post("/v1/agents", minimal("mine")).at("id");
    EXPECT_EQ(eve.patch("/v1/agents/" + agent, R"({"collection_ids":["0190a0b0-0000-7000-8000-000000000001"]})").status, 422);
}

TEST(AgentCreate, RefusesATakenSlugByName) {
    TestApp app;
    const auto ann = app.user("acme", Role::member), other = app.user("other", Role::member);
    EXPECT_EQ(ann.post("/v1/agents", minimal("taken")).status, 201);
    const auto again = ann.post("/v1/agents", minimal("taken"));
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.at("error.code"), "conflict");
    EXPECT_THAT(again.at("detail"), HasSubstr("taken"));
    EXPECT_EQ(other.post("/v1/agents", minimal("taken")).status, 201);
}

struct BadBody {
    std::string name, body, field;
};
class AgentCreateRefuses : public testing::TestWithParam<BadBody> {};

TEST_P(AgentCreateRefuses, NamesTheField) {
    TestApp app;
    const auto answer = app.user("acme", Role::member).post("/v1/agents", GetParam().body);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.at("error.code"), "validation_error");
    EXPECT_EQ(answer.at("error.details.0.field"), GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, AgentCreateRefuses,
    testing::Values(BadBody{"HotTemperature", R"({"name":"a","slug":"a","temperature":2.1})", "temperature"},
                    BadBody{"NegativeTemperature", R"({"name":"a","slug":"a","temperature":-0.1})", "temperature"},
                    BadBody{"EmptyName", R"({"name":"","slug":"a"})", "name"}, BadBody{"NoSlug", R"({"name":"a"})", "slug"},
                    BadBody{"LongName", R"({"name":")" + std::string(256, 'x') + R"(","slug":"a"})", "name"},
                    BadBody{"UpperCaseSlug", R"({"name":"a","slug":"Not-OK"})", "slug"}, BadBody{"NoTokens", R"({"name":"a","slug":"a","max_tokens":0})", "max_tokens"},
                    BadBody{"UnknownProvider", R"({"name":"a","slug":"a","model_provider":"acme","model_name":"x"})", "model_provider"},
                    BadBody{"ModelOfAnotherProvider", R"({"name":"a","slug":"a","model_provider":"anthropic","model_name":"gpt-4o"})", "model_name"},
                    BadBody{"ModelWithoutProvider", R"({"name":"a","slug":"a","model_name":"gpt-4o"})", "model_provider"},
                    BadBody{"ProviderWithoutModel", R"({"name":"a","slug":"a","model_provider":"openai"})", "model_name"},
                    BadBody{"WrongElement", R"({"name":"a","slug":"a","tools":["ok",1]})", "tools[1]"},
                    BadBody{"BadCollectionId", R"({"name":"a","slug":"a","collection_ids":["x"]})", "collection_ids[0]"},
                    BadBody{"ConfigIsNoObject", R"({"name":"a","slug":"a","config":[]})", "config"},
                    BadBody{"DeepRetrieval", R"({"name":"a","slug":"a","retrieval":{"top_k":51}})", "retrieval.top_k"},
                    BadBody{"OwnId", R"({"name":"a","slug":"a","id":"0190a0b0-0000-7000-8000-000000000001"})", "id"},
                    BadBody{"OtherTenant", R"({"name":"a","slug":"a","tenant_id":"0190a0b0-0000-7000-8000-000000000001"})", "tenant_id"},
                    BadBody{"OwnVersion", R"({"name":"a","slug":"a","version":9})", "version"}),
    [](const auto& bad) { return bad.param.name; });

TEST(AgentCreate, ReportsAllFaultsAtOnce) {
    TestApp app;
    const auto answer = app.user("acme", Role::member)
                            .post("/v1/agents", R"({"name":"","slug":"A","temperature":2.1,"max_tokens":-1,"surprise":1})");
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.count("error.details"), 5u);
}

TEST(AgentCreate, InfersAnthropicFromItsModelNames) {
    TestApp app;
    const auto made = app.user("acme", Role::member).post("/v1/agents", R"({"name":"a","slug":"a","model_name":"claude-opus-5"})");
    EXPECT_EQ(made.at("model_provider"), "anthropic");
}

TEST(AgentCreate, UsesTheInstallationsDefaults) {
    TestApp app;
    app.services().agent_defaults = {.model_provider = "openai", .model_name = "gpt-6-sol", .timeout_seconds = 60, .max_iterations = 3};
    const auto made = app.user("acme", Role::member).post("/v1/agents", minimal("a"));
    EXPECT_EQ(made.at("model_name"), "gpt-6-sol");
    EXPECT_EQ(made.at("timeout_seconds"), "60");
}

TEST(AgentRoutes, FollowTheRoles) {
    TestApp app;
    const auto viewer = app.user("acme", Role::viewer), member = app.user("acme", Role::member);
    const auto agent = path_of(member.post("/v1/agents", minimal("a")));
    EXPECT_EQ(viewer.get("/v1/agents").status, 200);
    EXPECT_EQ(viewer.get(agent).status, 200);
    EXPECT_EQ(viewer.post("/v1/agents", minimal("b")).status, 403);
    EXPECT_EQ(viewer.patch(agent, R"({"name":"x"})").status, 403);
    EXPECT_EQ(viewer.del(agent).status, 403);
    EXPECT_EQ(viewer.post(agent + "/versions/1/restore").status, 403);
    EXPECT_EQ(app.anonymous().get("/v1/agents").status, 401);
    auto key = member.principal();
    key.kind = Principal::Kind::api_key;
    key.scopes = {"agents:read"};
    EXPECT_EQ(app.client(key).get(agent).status, 200);
    EXPECT_EQ(app.client(key).patch(agent, R"({"name":"x"})").status, 403);
}

TEST(AgentRoutes, AnswerForeignAndMissingAgentsAlike) {
    TestApp app;
    const auto ann = app.user("acme", Role::owner), other = app.user("other", Role::owner);
    const auto agent = path_of(ann.post("/v1/agents", minimal("secret")));
    for (const auto& path : {agent, std::string(kMissing), std::string("/v1/agents/nonsense")}) {
        for (const auto& answer : {other.get(path), other.patch(path, R"({"name":"stolen"})"), other.del(path), other.get(path + "/versions"),
                                   other.post(path + "/versions/1/restore")}) {
            EXPECT_EQ(answer.status, 404) << path;
            EXPECT_EQ(answer.at("detail"), "Agent not found") << path;
        }
    }
    EXPECT_EQ(other.get("/v1/agents").at("pagination.total"), "0");
    EXPECT_EQ(ann.get(agent).at("name"), "Agent");
}

TEST(AgentList, AnswersPagesNewestFirst) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    for (const auto* slug : {"a", "b", "c"}) {
        app.clock.advance(std::chrono::seconds(1));
        ann.post("/v1/agents", minimal(slug));
    }
    const auto first = ann.get("/v1/agents?limit=2");
    EXPECT_EQ(first.at("data.0.slug"), "c");
    EXPECT_EQ(first.at("data.1.slug"), "b");
    EXPECT_EQ(first.at("pagination"), R"({"page":1,"limit":2,"total":3,"total_pages":2})");
    const auto second = ann.get("/v1/agents?limit=2&page=2");
    EXPECT_EQ(second.count("data"), 1u);
    EXPECT_EQ(second.at("data.0"), ann.get("/v1/agents/" + second.at("data.0.id")).at(""));  // a list holds what a view answers
    EXPECT_EQ(ann.get("/v1/agents?page=1000000").count("data"), 0u);
}

TEST(AgentList, FiltersAndSorts) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    ann.post("/v1/agents", R"({"name":"Zoe","slug":"one"})");
    const auto bob = ann.post("/v1/agents", R"({"name":"bob","slug":"two"})");
    ann.patch(path_of(bob), R"({"status":"archived"})");
    EXPECT_EQ(ann.get("/v1/agents?status=archived").at("data.0.slug"), "two");
    EXPECT_EQ(ann.get("/v1/agents?status=archived").at("pagination.total"), "1");
    EXPECT_EQ(ann.get("/v1/agents?search=ZO").at("data.0.slug"), "one");
    EXPECT_EQ(ann.get("/v1/agents?sort=name&order=asc").at("data.0.slug"), "two");
}

TEST(AgentList, RefusesWhatItDoesNotKnow) {
    TestApp app;
    const auto ann = app.user("acme", Role::viewer);
    for (const std::string& query : std::vector<std::string> {"limit=101", "limit=0", "limit=-1", "limit=NaN", "limit=1e9", "page=0", "page=1000000000000000", "status=gone",
                                    "sort=tenant_id", "sort=name;DROP", "order=up", "tenant_id=x", "search="}) {
        const auto answer = ann.get("/v1/agents?" + query);
        EXPECT_EQ(answer.status, 422) << query;
        EXPECT_EQ(answer.at("error.details.0.field"), query.substr(0, query.find('='))) << query;
    }
}

TEST(AgentUpdate, ChangesWhatIsGivenAndMakesAVersion) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto agent = path_of(ann.post("/v1/agents", R"({"name":"a","slug":"a","description":"old","temperature":1})"));
    app.clock.advance(std::chrono::seconds(1));
    const auto changed = ann.patch(agent, R"({"description":null,"temperature":0,"tags":["new"],"status":"inactive"})");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.at("description"), "null");
    EXPECT_EQ(changed.at("tags"), R"(["new"])");
    EXPECT_EQ(changed.at("status"), "inactive");
    EXPECT_EQ(changed.at("name"), "a");
    EXPECT_EQ(changed.at("version"), "2");
    EXPECT_EQ(changed.at("updated_at"), "2026-01-01T00:00:01.000000Z");
    EXPECT_EQ(ann.get(agent).body, changed.body);
}

TEST(AgentUpdate, MakesNoVersionWhenNothingChanges) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto made = ann.post("/v1/agents", minimal("a"));
    app.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(ann.patch(path_of(made), R"({"name":"Agent"})").body, made.body);
    EXPECT_EQ(ann.patch(path_of(made), "{}").body, made.body);
    EXPECT_EQ(ann.get(path_of(made) + "/versions").at("pagination.total"), "1");
}

TEST(AgentUpdate, ChecksTheMergedModel) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto agent = path_of(ann.post("/v1/agents", R"({"name":"a","slug":"a","model_name":"claude-opus-5"})"));
    const auto refused = ann.patch(agent, R"({"model_name":"gpt-4o"})");
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.at("error.details.0.field"), "model_name");
    EXPECT_EQ(ann.patch(agent, R"({"model_name":"gpt-4o","model_provider":"openai"})").status, 200);
    for (const auto* body : {R"({"name":null})", R"({"id":"x"})", R"({"created_at":"x"})", R"({"status":"deleted"})"}) EXPECT_EQ(ann.patch(agent, body).status, 422) << body;
}

TEST(AgentUpdate, KeepsWhatAChangeOfRetrievalDoesNotName) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto agent = path_of(ann.post("/v1/agents", R"({"name":"a","slug":"a","retrieval":{"top_k":7,"mode":"lexical","threshold":0.5}})"));
    EXPECT_EQ(ann.patch(agent, R"({"retrieval":{"top_k":3}})").at("retrieval"), R"({"top_k":3,"mode":"lexical","threshold":5E-1})");
    EXPECT_EQ(ann.patch(agent, R"({"retrieval":{"mode":"vector"}})").at("retrieval"), R"({"top_k":3,"mode":"vector","threshold":5E-1})");
    EXPECT_EQ(ann.patch(agent, R"({"retrieval":{"threshold":null}})").at("retrieval"), R"({"top_k":3,"mode":"vector","threshold":null})");
    EXPECT_EQ(ann.patch(agent, R"({"retrieval":{}})").at("version"), "4");
    EXPECT_EQ(ann.get(agent).at("retrieval.top_k"), "3");
    for (const auto* body : {R"({"retrieval":{"top_k":51}})", R"({"retrieval":{"top_k":null}})", R"({"retrieval":{"mode":null}})", R"({"retrieval":null})"})
        EXPECT_EQ(ann.patch(agent, body).status, 422) << body;
}

// An operator's default from before the rule was checked: such an agent can still be renamed.
TEST(AgentUpdate, ChecksTheModelOnlyWhenItIsChosen) {
    TestApp app;
    app.services().agent_defaults = {.model_provider = "anthropic", .model_name = "gpt-5.4"};
    const auto ann = app.user("acme", Role::member);
    const auto agent = path_of(ann.post("/v1/agents", R"({"name":"a","slug":"a"})"));
    EXPECT_EQ(ann.patch(agent, R"({"name":"b"})").status, 200);
    EXPECT_EQ(ann.patch(agent, R"({"model_name":"gpt-4o"})").status, 422);
    EXPECT_EQ(ann.patch(agent, R"({"model_provider":"openai"})").status, 200);
}

TEST(AgentUpdate, RefusesATakenSlug) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    ann.post("/v1/agents", minimal("taken"));
    const auto refused = ann.patch(path_of(ann.post("/v1/agents", minimal("free"))), R"({"slug":"taken"})");
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.at("detail"), HasSubstr("taken"));
}

TEST(AgentRoutes, KeepConditions) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto agent = path_of(ann.post("/v1/agents", minimal("a")));
    const auto tag = ann.get(agent).header("etag");
    EXPECT_EQ(ann.get(agent, {{"If-None-Match", tag}}).status, 304);
    EXPECT_EQ(ann.patch(agent, R"({"name":"b"})", {{"If-Match", tag}}).status, 200);
    EXPECT_EQ(ann.get(agent, {{"If-None-Match", tag}}).status, 200);
    EXPECT_EQ(ann.patch(agent, R"({"name":"c"})", {{"If-Match", tag}}).status, 412);
    EXPECT_EQ(ann.del(agent, {{"If-Match", tag}}).status, 412);
    EXPECT_EQ(ann.get(agent).at("name"), "b");
    EXPECT_EQ(ann.del(agent, {{"If-Match", ann.get(agent).header("etag")}}).status, 204);
}

TEST(AgentVersions, AreKeptAndRestored) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto agent = path_of(ann.post("/v1/agents", R"({"name":"v1","slug":"a","system_prompt":"one"})"));
    ann.patch(agent, R"({"name":"v2","slug":"moved","system_prompt":"two"})");
    const auto versions = ann.get(agent + "/versions");
    EXPECT_EQ(versions.at("pagination.total"), "2");
    EXPECT_EQ(versions.at("data.0.name"), "v2");
    EXPECT_EQ(versions.at("data.1.system_prompt"), "one");

    const auto restored = ann.post(agent + "/versions/1/restore");
    EXPECT_EQ(restored.status, 200);
    EXPECT_EQ(restored.at("name"), "v1");
    EXPECT_EQ(restored.at("slug"), "moved");
    EXPECT_EQ(restored.at("version"), "3");
    const auto after = ann.get(agent + "/versions");
    EXPECT_EQ(after.at("data.1"), versions.at("data.0"));  // history is only added to
    EXPECT_EQ(after.at("data.2"), versions.at("data.1"));
    for (const auto* version : {"9", "0", "x", "1x", "99999999999999999999"}) {
        const auto missing = ann.post(agent + "/versions/" + version + "/restore");
        EXPECT_EQ(missing.status, 404) << version;
        EXPECT_EQ(missing.at("detail"), "Agent version not found") << version;
    }
}

TEST(AgentDelete, LeavesNothingToReach) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto made = ann.post("/v1/agents", minimal("gone"));
    const auto agent = path_of(made);
    EXPECT_EQ(ann.del(agent).status, 204);
    EXPECT_EQ(ann.get(agent).status, 404);
    EXPECT_EQ(ann.patch(agent, R"({"name":"x"})").status, 404);
    EXPECT_EQ(ann.del(agent).status, 404);
    EXPECT_EQ(ann.get(agent + "/versions").status, 404);
    EXPECT_EQ(ann.post(agent + "/versions/1/restore").status, 404);
    EXPECT_EQ(ann.get("/v1/agents").count("data"), 0u);
    EXPECT_EQ(ann.post("/v1/conversations", R"({"agent_id":")" + made.at("id") + R"("})").status, 404);
    EXPECT_EQ(ann.post("/v1/agents", minimal("gone")).status, 201);
}

}  // namespace
}  // namespace agentic::api

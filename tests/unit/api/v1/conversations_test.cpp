#include <gmock/gmock.h>

#include "support/agents.hpp"
#include "support/test_app.hpp"

namespace agentic::api {
namespace {

using test::TestApp;
using testing::ElementsAre;

/// A tenant "acme" with two members, an administrator and an agent.
struct Office {
    TestApp app;
    TestApp::Client ann = app.user("acme", Role::member), bob = app.user("acme", Role::member), admin = app.user("acme", Role::admin);
    std::string agent_id = ann.post("/v1/agents", R"({"name":"Helper","slug":"helper"})").at("id");

    test::Answer start(const TestApp::Client& who, std::string_view more = "") {
        app.clock.advance(std::chrono::seconds(1));
        return who.post("/v1/conversations", R"({"agent_id":")" + agent_id + "\"" + std::string(more) + "}");
    }

    /// Appends as a run does; answers the message's id.
    std::string say(const TestApp::Client& who, const std::string& conversation_id, std::string content) {
        app.clock.advance(std::chrono::seconds(1));
        const auto row = test::message_row(app.clock, *Uuid::parse(conversation_id), std::move(content));
        app.run(db::MessageRepository(*app.database).append(who.scope(), row)).value();
        return row.id.to_string();
    }

    /// A conversation of Ann with messages m1 ... mN; answers its path.
    std::string chat(int messages) {
        const auto id = start(ann).at("id");
        for (int i = 1; i <= messages; ++i) say(ann, id, "m" + std::to_string(i));
        return "/v1/conversations/" + id;
    }
};

std::string path_of(const test::Answer& conversation) { return "/v1/conversations/" + conversation.at("id"); }

std::vector<std::string> contents(const test::Answer& list, std::string_view where = "data") {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < list.count(where); ++i) out.push_back(list.at(std::string(where) + "." + std::to_string(i) + ".content"));
    return out;
}

TEST(ConversationCreate, BelongsToWhoStartedIt) {
    Office office;
    const auto made = office.start(office.ann, R"(,"title":"Orders","on_busy":"enqueue","extra_metadata":{"a":1})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.header("location"), path_of(made));
    EXPECT_EQ(made.at("user_id"), office.ann.principal().user_id.to_string());
    EXPECT_EQ(made.at("agent_id"), office.agent_id);
    EXPECT_EQ(made.at("status"), "active");
    EXPECT_EQ(made.at("on_busy"), "enqueue");
    EXPECT_EQ(made.at("message_count"), "0");
    EXPECT_EQ(made.at("extra_metadata"), R"({"a":1})");
}

TEST(ConversationCreate, NeedsAnAgentOfTheTenant) {
    Office office;
    const auto other = office.app.user("other", Role::member);
    EXPECT_EQ(office.start(other).status, 404);
    EXPECT_EQ(office.ann.post("/v1/conversations", R"({"agent_id":"0190a0b0-0000-7000-8000-000000000001"})").status, 404);
    EXPECT_EQ(office.ann.post("/v1/conversations", R"({"agent_id":"x"})").at("error.details.0.field"), "agent_id");
    EXPECT_EQ(office.start(office.ann, R"(,"user_id":"0190a0b0-0000-7000-8000-000000000001")").at("error.details.0.field"), "user_id");
    EXPECT_EQ(office.start(office.ann, R"(,"message_count":5)").status, 422);
}

TEST(ConversationRoutes, AnswerWhatOthersOwnLikeWhatIsMissing) {
    Office office;
    const auto other = office.app.user("other", Role::owner);
    const auto chat = office.chat(1);
    for (const auto& path : {chat, std::string("/v1/conversations/0190a0b0-0000-7000-8000-000000000001"), std::string("/v1/conversations/x")}) {
        for (const auto& who : {office.bob, other}) {
            for (const auto& answer : {who.get(path), who.patch(path, R"({"title":"x"})"), who.del(path), who.get(path + "/messages"), who.post(path + "/fork", "{}")}) {
                EXPECT_EQ(answer.status, 404) << path;
                EXPECT_EQ(answer.at("detail"), "Conversation not found") << path;
            }
        }
    }
    EXPECT_EQ(office.admin.get(chat).status, 200);
    EXPECT_THAT(contents(office.ann.get(chat + "/messages")), ElementsAre("m1"));
}

TEST(ConversationRoutes, FollowTheRoles) {
    Office office;
    const auto viewer = office.app.user("acme", Role::viewer);
    EXPECT_EQ(office.start(viewer).status, 403);
    EXPECT_EQ(viewer.get("/v1/conversations").at("pagination.total"), "0");
    EXPECT_EQ(viewer.post(office.chat(0) + "/fork", "{}").status, 403);
    EXPECT_EQ(office.app.anonymous().get("/v1/conversations").status, 401);
}

TEST(ConversationList, CountsAndFiltersWhatTheAskerMaySee) {
    Office office;
    const auto other = office.app.user("other", Role::owner);
    const auto of_ann = office.start(office.ann), of_bob = office.start(office.bob);
    EXPECT_EQ(office.ann.get("/v1/conversations").at("pagination.total"), "1");
    EXPECT_EQ(office.admin.get("/v1/conversations").at("pagination.total"), "2");
    EXPECT_EQ(other.get("/v1/conversations").at("pagination.total"), "0");
    EXPECT_EQ(office.admin.get("/v1/conversations?user_id=" + of_bob.at("user_id")).at("data.0.id"), of_bob.at("id"));
    EXPECT_EQ(office.ann.get("/v1/conversations?user_id=" + of_bob.at("user_id")).at("pagination.total"), "0");
    EXPECT_EQ(office.ann.get("/v1/conversations?agent_id=" + office.agent_id).at("data.0.id"), of_ann.at("id"));
    office.ann.patch(path_of(of_ann), R"({"status":"archived"})");
    EXPECT_EQ(office.ann.get("/v1/conversations?status=active").at("pagination.total"), "0");
    for (const std::string& query : std::vector<std::string>{"agent_id=x", "status=gone", "limit=101", "page=0", "sort=title"})
        EXPECT_EQ(office.ann.get("/v1/conversations?" + query).at("error.details.0.field"), query.substr(0, query.find('='))) << query;
}

TEST(ConversationView, ShowsTheNewestMessagesOldestFirst) {
    Office office;
    const auto chat = office.chat(52);
    const auto view = office.ann.get(chat);
    EXPECT_EQ(view.at("message_count"), "52");
    EXPECT_EQ(view.count("messages"), 50u);
    EXPECT_EQ(view.at("messages.0.content"), "m3");
    EXPECT_EQ(view.at("messages.49.content"), "m52");
    EXPECT_EQ(view.at("messages.49.sequence_number"), "52");
    EXPECT_EQ(view.at("messages.49.content_blocks"), "[]");
}

TEST(ConversationUpdate, ChangesTitleStatusAndMetadata) {
    Office office;
    const auto chat = office.chat(1);
    const auto changed = office.ann.patch(chat, R"({"title":"New","status":"completed","extra_metadata":{"b":2}})");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.at("title"), "New");
    EXPECT_EQ(changed.at("status"), "completed");
    EXPECT_EQ(changed.body, office.ann.get(chat).body);
    EXPECT_EQ(office.ann.patch(chat, R"({"title":null})").at("title"), "null");
    for (const auto* body : {R"({"status":null})", R"({"agent_id":"x"})", R"({"message_count":0})", R"({"title":""})"}) EXPECT_EQ(office.ann.patch(chat, body).status, 422) << body;
}

TEST(ConversationRoutes, KeepConditions) {
    Office office;
    const auto chat = office.chat(1);
    const auto tag = office.ann.get(chat).header("etag");
    EXPECT_EQ(office.ann.get(chat, {{"If-None-Match", tag}}).status, 304);
    EXPECT_EQ(office.ann.patch(chat, R"({"title":"b"})", {{"If-Match", tag}}).status, 200);
    EXPECT_EQ(office.ann.patch(chat, R"({"title":"c"})", {{"If-Match", tag}}).status, 412);
    EXPECT_EQ(office.ann.del(chat, {{"If-Match", tag}}).status, 412);
    EXPECT_EQ(office.ann.del(chat, {{"If-Match", office.ann.get(chat).header("etag")}}).status, 204);
}

TEST(ConversationDelete, LeavesNothingToReach) {
    Office office;
    const auto chat = office.chat(2);
    const auto fork = path_of(office.ann.post(chat + "/fork", "{}"));
    EXPECT_EQ(office.ann.del(chat).status, 204);
    for (const auto& who : {office.ann, office.admin}) {
        EXPECT_EQ(who.get(chat).status, 404);
        EXPECT_EQ(who.get(chat + "/messages").status, 404);
        EXPECT_EQ(who.patch(chat, R"({"title":"x"})").status, 404);
        EXPECT_EQ(who.post(chat + "/fork", "{}").status, 404);
        EXPECT_EQ(who.del(chat).status, 404);
        EXPECT_EQ(who.get("/v1/conversations").at("pagination.total"), "1");
    }
    EXPECT_THAT(contents(office.ann.get(fork + "/messages")), ElementsAre("m1", "m2"));  // a fork is a conversation of its own
}

TEST(MessageList, PagesInBothDirections) {
    Office office;
    const auto messages = office.chat(5) + "/messages";
    const auto first = office.ann.get(messages + "?limit=2");
    EXPECT_THAT(contents(first), ElementsAre("m1", "m2"));
    EXPECT_EQ(first.at("pagination"), R"({"page":1,"limit":2,"total":5,"total_pages":3})");
    EXPECT_THAT(contents(office.ann.get(messages + "?limit=2&page=3")), ElementsAre("m5"));
    EXPECT_THAT(contents(office.ann.get(messages + "?limit=2&page=4")), ElementsAre());
    EXPECT_THAT(contents(office.ann.get(messages + "?limit=2&order=desc")), ElementsAre("m5", "m4"));
    EXPECT_THAT(contents(office.ann.get(messages + "?limit=2&order=desc&page=3")), ElementsAre("m1"));
    EXPECT_THAT(contents(office.ann.get(messages + "?order=desc&page=1000000")), ElementsAre());
}

TEST(MessageList, CursorsNeitherRepeatNorMissWhatArrivesMeanwhile) {
    Office office;
    const auto id = office.start(office.ann).at("id");
    const auto messages = "/v1/conversations/" + id + "/messages";
    for (int i = 1; i <= 5; ++i) office.say(office.ann, id, "m" + std::to_string(i));

    auto page = office.ann.get(messages + "?limit=2&order=desc");
    office.say(office.ann, id, "m6");
    page = office.ann.get(messages + "?limit=2&cursor=" + page.at("next_cursor"));
    EXPECT_THAT(contents(page), ElementsAre("m3", "m2"));
    page = office.ann.get(messages + "?limit=2&cursor=" + page.at("next_cursor"));
    EXPECT_THAT(contents(page), ElementsAre("m1"));
    EXPECT_EQ(page.at("next_cursor"), "null");

    page = office.ann.get(messages + "?limit=4");
    office.say(office.ann, id, "m7");
    page = office.ann.get(messages + "?limit=4&cursor=" + page.at("next_cursor"));
    EXPECT_THAT(contents(page), ElementsAre("m5", "m6", "m7"));
    EXPECT_EQ(page.at("pagination"), R"({"page":2,"limit":4,"total":7,"total_pages":2})");
    EXPECT_EQ(page.at("next_cursor"), "null");
}

TEST(MessageList, RefusesForgedCursorsAndSurvivesExtremeOnes) {
    Office office;
    const auto messages = office.chat(2) + "/messages?cursor=";
    for (const std::string& cursor : std::vector<std::string>{"x", "1", base64url_encode("z1"), base64url_encode("a"), base64url_encode("a-1"), base64url_encode("a1 "),
                                                              base64url_encode("a99999999999999999999")})
        EXPECT_EQ(office.ann.get(messages + cursor).at("error.details.0.field"), "cursor") << cursor;
    EXPECT_THAT(contents(office.ann.get(messages + base64url_encode("a9223372036854775807"))), ElementsAre());
    EXPECT_THAT(contents(office.ann.get(messages + base64url_encode("d9223372036854775807"))), ElementsAre("m2", "m1"));
    EXPECT_THAT(contents(office.ann.get(messages + base64url_encode("d0"))), ElementsAre());
}

TEST(ConversationFork, BranchesOffAtAMessage) {
    Office office;
    const auto id = office.start(office.ann, R"(,"title":"Orders")").at("id");
    const auto chat = "/v1/conversations/" + id;
    office.say(office.ann, id, "m1");
    const auto second = office.say(office.ann, id, "m2");
    office.say(office.ann, id, "m3");

    const auto fork = office.ann.post(chat + "/fork", R"({"message_id":")" + second + R"(","title":"What if"})");
    EXPECT_EQ(fork.status, 201);
    EXPECT_EQ(fork.header("location"), path_of(fork));
    EXPECT_EQ(fork.at("title"), "What if");
    EXPECT_EQ(fork.at("forked_from_id"), id);
    EXPECT_EQ(fork.at("forked_at_sequence"), "2");
    EXPECT_EQ(fork.at("last_message_at"), fork.at("messages.1.created_at"));
    EXPECT_THAT(contents(fork, "messages"), ElementsAre("m1", "m2"));
    EXPECT_NE(fork.at("messages.1.id"), second);
    EXPECT_EQ(fork.body, office.ann.get(path_of(fork)).body);

    office.say(office.ann, fork.at("id"), "other");
    EXPECT_THAT(contents(office.ann.get(path_of(fork) + "/messages")), ElementsAre("m1", "m2", "other"));
    EXPECT_THAT(contents(office.ann.get(chat + "/messages")), ElementsAre("m1", "m2", "m3"));
    EXPECT_EQ(office.ann.post(chat + "/fork", "{}").at("message_count"), "3");
    EXPECT_EQ(office.ann.post(chat + "/fork", "{}").at("title"), "Orders");
}

TEST(ConversationFork, NeedsAMessageOfTheConversation) {
    Office office;
    const auto chat = office.chat(1);
    const auto elsewhere = office.say(office.ann, office.start(office.ann).at("id"), "elsewhere");
    const auto refused = office.ann.post(chat + "/fork", R"({"message_id":")" + elsewhere + R"("})");
    EXPECT_EQ(refused.status, 404);
    EXPECT_EQ(refused.at("detail"), "Message not found");
    EXPECT_EQ(office.ann.get("/v1/conversations").at("pagination.total"), "2");
}

TEST(ConversationFork, OfAnAdministratorBelongsToTheAdministrator) {
    Office office;
    const auto fork = office.admin.post(office.chat(1) + "/fork", "{}");
    EXPECT_EQ(fork.at("user_id"), office.admin.principal().user_id.to_string());
    EXPECT_EQ(office.ann.get(path_of(fork)).status, 404);
}

}  // namespace
}  // namespace agentic::api

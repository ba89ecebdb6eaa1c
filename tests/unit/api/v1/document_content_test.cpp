// What a client gets of a document's text and file when something happens on the way.
#include "api/v1/document_content.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "api/services.hpp"
#include "api/v1/health.hpp"
#include "support/co_test.hpp"
#include "support/fail_at.hpp"
#include "unit/services/knowledge/search_fixture.hpp"

namespace agentic::api::v1 {
namespace {

using services::test::Fixture, services::test::TestUser;

struct Contents : Fixture {
    agentic::test::FailAt failing{*database};
    Readiness readiness{*database};
    Services services{.clock = clock, .db = failing, .readiness = readiness, .blobs = &blobs};
    http::Request request;

    Awaitable<http::Response> open(TestUser user, Uuid document, schemas::ContentForm form) {
        OpContext op{.request_id = "test", .principal = user.principal, .tenant = user.scope, .clock = clock, .deadline = {}};
        RequestContext ctx{.request = request, .op = op, .services = services, .path_parameters = {}, .response_headers = {}};
        const auto row = (co_await db::DocumentRepository(*database).find(user.scope, db::CollectionAccess::of(user.principal), document)).value();
        co_return (co_await content_response(ctx, row, form)).value();
    }
    /// All pieces; "cut off" at the end of a body that throws.
    static Awaitable<std::string> read(http::BodyStream& body) {
        std::string out;
        try {
            while (auto piece = co_await body.next()) out += *piece;
        } catch (const std::runtime_error&) {
            out += "cut off";
        }
        co_return out;
    }
};

std::vector<std::string> many(std::size_t chunks) { return std::vector<std::string>(chunks, "words"); }

AGENTIC_CO_TEST(DocumentContent, ATextIsCutOffWhenTheDatabaseGoesAway) {
    Contents f;
    const auto ann = co_await f.user("a");
    const auto document = f.draft(co_await f.collection(ann), "d");
    co_await f.publish(ann, document, many(150));
    const auto whole = co_await f.open(ann, document.id, schemas::ContentForm::text);
    EXPECT_FALSE((co_await f.read(*whole.stream)).ends_with("cut off"));
    const auto response = co_await f.open(ann, document.id, schemas::ContentForm::text);
    EXPECT_TRUE((co_await response.stream->next()).has_value());
    f.failing.break_at(1, agentic::test::FailAt::When::before);
    db::Batch none;
    (void)co_await f.failing.batch(ann.scope, std::move(none));
    EXPECT_EQ(co_await f.read(*response.stream), "cut off");
}

AGENTIC_CO_TEST(DocumentContent, ATextIsOfOneVersion) {
    Contents f;
    const auto ann = co_await f.user("a");
    auto document = f.draft(co_await f.collection(ann), "d");
    co_await f.publish(ann, document, many(150));
    const auto response = co_await f.open(ann, document.id, schemas::ContentForm::text);
    EXPECT_TRUE((co_await response.stream->next()).has_value());
    document.version = 2;
    co_await f.publish(ann, document, many(150));
    EXPECT_EQ(co_await f.read(*response.stream), "cut off");
}

AGENTIC_CO_TEST(DocumentContent, AFileSaysItsLengthAndIsReadToItsEndWhenItsNameIsGone) {
    Contents f;
    const auto ann = co_await f.user("a");
    auto document = f.draft(co_await f.collection(ann), "d");
    const std::string bytes(700'000, 'x');
    document.blob = (co_await f.blobs.put(bytes)).value();
    co_await f.publish(ann, document, many(1));
    const auto response = co_await f.open(ann, document.id, schemas::ContentForm::original);
    EXPECT_EQ(response.headers.get("content-length"), "700000");
    const auto first = co_await response.stream->next();
    std::filesystem::remove(f.blobs.path_of(*document.blob));
    EXPECT_EQ(first.value_or("") + co_await f.read(*response.stream), bytes);
}

}  // namespace
}  // namespace agentic::api::v1

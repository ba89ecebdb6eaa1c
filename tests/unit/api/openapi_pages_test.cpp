#include <fstream>

#include "api/assets.hpp"
#include "api/openapi.hpp"
#include "unit/api/dispatch_support.hpp"

namespace agentic::api::test {
namespace {

using http::Method;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ThingServer product() {
    const auto routes = all_routes();
    return ThingServer({routes.begin(), routes.end()});
}

TEST(Pages, AreServedToAnyone) {
    auto server = product();
    for (const auto* path : {"/", "/docs", "/v1/docs"}) {
        const auto page = server.send(Method::get, path, "");
        EXPECT_EQ(page.status, 200) << path;
        EXPECT_EQ(header(page, "content-type"), "text/html; charset=utf-8");
        EXPECT_THAT(page.body, StartsWith("<!doctype html>"));
        EXPECT_THAT(header(page, "content-security-policy"), HasSubstr("script-src 'self';"));
    }
    for (const auto* path : {"/openapi.json", "/v1/openapi.json"}) {
        const auto document = server.send(Method::get, path, "");
        EXPECT_EQ(document.body, openapi_document());
        EXPECT_EQ(header(document, "content-type"), "application/json");
    }
}

// A page whose policy forbids inline scripts and styles must not have any, and every file it names must exist.
TEST(Pages, KeepToTheirContentSecurityPolicy) {
    auto server = product();
    for (const auto* path : {"/", "/docs"}) {
        const auto page = server.send(Method::get, path, "").body;
        for (const auto* forbidden : {"<style", "style=", " onclick", "javascript:", "<script>", "http://cdn", "https://"}) EXPECT_THAT(page, Not(HasSubstr(forbidden)));
        for (auto at = page.find("/assets/"); at != page.npos; at = page.find("/assets/", at + 1))
            EXPECT_EQ(server.send(Method::get, page.substr(at, page.find('"', at) - at), "").status, 200) << page.substr(at, 40);
    }
}

TEST(Assets, ComeCompressedOrPlain) {
    auto server = product();
    http::Request request{.method = Method::get, .path = "/assets/start.css"};
    const auto plain = server.send(std::move(request));
    EXPECT_THAT(plain.body, HasSubstr("color-scheme"));
    EXPECT_EQ(header(plain, "content-encoding"), "-");
    http::Request gzipped{.method = Method::get, .path = "/assets/start.css"};
    gzipped.headers.add("accept-encoding", "br, gzip;q=0.8");
    const auto packed = server.send(std::move(gzipped));
    EXPECT_EQ(header(packed, "content-encoding"), "gzip");
    EXPECT_LT(packed.body.size(), plain.body.size());
    http::Request refused{.method = Method::get, .path = "/assets/start.css"};
    refused.headers.add("accept-encoding", "gzip;q=0");
    EXPECT_EQ(header(server.send(std::move(refused)), "content-encoding"), "-");
    EXPECT_EQ(server.send(Method::get, "/assets/swagger-ui-bundle.js", "").status, 200);
}

TEST(Assets, AreNotSentTwice) {
    auto server = product();
    http::Request request{.method = Method::get, .path = "/assets/start.js"};
    request.headers.add("if-none-match", find_asset("start.js")->etag);
    const auto response = server.send(std::move(request));
    EXPECT_EQ(response.status, 304);
    EXPECT_EQ(response.body, "");
}

TEST(Assets, AreOnlyTheEmbeddedOnes) {
    auto server = product();
    for (const auto* path : {"/assets/start.html", "/assets/..", "/assets/x", "/assets/"}) EXPECT_EQ(server.send(Method::get, path, "").status, 404) << path;
}

}  // namespace
}  // namespace agentic::api::test

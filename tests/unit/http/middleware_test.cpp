#include <gtest/gtest.h>
#include <zlib.h>

#include "http/compress.hpp"
#include "http/cors.hpp"
#include "unit/http/server_fixture.hpp"

namespace agentic::http {
namespace {

std::string gunzip(const std::string& data) {
    z_stream stream{};
    EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    ::inflateEnd(&stream);
    return out;
}

ServerSettings with_origins() {
    auto settings = TestServer::quick();
    settings.allowed_origins = {"https://app.example.com", "http://localhost:3000"};
    return settings;
}

TEST(Cors, GrantsListedOriginsWithCredentials) {
    TestServer server(echo, with_origins());
    const auto reply = server.connect().get("/", {{"Origin", "https://app.example.com"}});
    EXPECT_EQ(reply.header("access-control-allow-origin"), "https://app.example.com");
    EXPECT_EQ(reply.header("access-control-allow-credentials"), "true");
    EXPECT_EQ(reply.header("vary"), "Origin");
}

TEST(Cors, GrantsListedOriginsRefusalsAndFailures) {
    auto settings = with_origins();
    settings.in_flight_max = 0;
    const test::HeaderList origin = {{"Origin", "https://app.example.com"}};
    TestServer busy(echo, settings);
    const auto refused = busy.connect().get("/", origin);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("access-control-allow-origin"), "https://app.example.com");
    TestServer failing([](Request&) -> Awaitable<Response> { throw std::runtime_error("x"); co_return Response{}; }, with_origins());
    const auto failed = failing.connect().get("/", origin);
    EXPECT_EQ(failed.status, 500);
    EXPECT_EQ(failed.header("access-control-allow-origin"), "https://app.example.com");
}

TEST(Cors, SaysNothingToOthers) {
    TestServer server(echo, with_origins());
    for (const std::string origin : {"https://evil.example", "null", "https://app.example.com.evil.example", "https://sub.app.example.com", "http://app.example.com", "*", "https://app.example.com:444"}) {
        auto client = server.connect();
        const auto reply = client.get("/", {{"Origin", origin}});
        EXPECT_EQ(reply.status, 200);
        EXPECT_FALSE(reply.has("access-control-allow-origin")) << origin;
        EXPECT_FALSE(reply.has("access-control-allow-credentials")) << origin;
        EXPECT_EQ(reply.header("vary"), "Origin") << "caches must not mix the two answers";
        const auto preflight = client.request("OPTIONS", "/", {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
        EXPECT_EQ(preflight.status, 204);
        EXPECT_FALSE(preflight.has("access-control-allow-origin")) << origin;
        EXPECT_FALSE(preflight.has("access-control-allow-methods")) << origin;
    }
    auto client = server.connect();
    const auto twice = client.get("/", {{"Origin", "https://app.example.com"}, {"Origin", "https://evil.example"}});
    EXPECT_FALSE(twice.has("access-control-allow-origin"));
}

TEST(Cors, AnswersPreflightsWithoutTheHandler) {
    TestServer server([](Request&) -> Awaitable<Response> { co_return text_response("handler"); }, with_origins());
    auto client = server.connect();
    const auto reply = client.request("OPTIONS", "/v1/agents", {{"Origin", "http://localhost:3000"}, {"Access-Control-Request-Method", "PATCH"}});
    EXPECT_EQ(reply.status, 204);
    EXPECT_EQ(reply.header("access-control-allow-origin"), "http://localhost:3000");
    EXPECT_NE(reply.header("access-control-allow-methods").find("PATCH"), std::string::npos);
    EXPECT_NE(reply.header("access-control-allow-headers").find("Authorization"), std::string::npos);
    EXPECT_EQ(client.request("OPTIONS", "/v1/agents").body, "handler") << "a plain OPTIONS is the handler's";
}

TEST(Cors, RefusesAStarWithCredentialsAndThingsThatAreNoOrigins) {
    EXPECT_FALSE(Cors::create({"*"}, true).has_value());
    EXPECT_TRUE(Cors::create({"*"}, false).has_value());
    for (const std::string entry : {"app.example.com", "https://", "https://a/b", "https://a,https://b", "null"}) EXPECT_FALSE(Cors::create({entry}, true).has_value()) << entry;
}

TEST(Hsts, IsSentWhenATrustedProxySaysHttps) {
    auto settings = TestServer::quick();
    settings.trusted_proxies = {"127.0.0.1"};
    TestServer server([](Request& request) -> Awaitable<Response> { co_return text_response(request.remote_address + (request.https ? " https" : " http")); }, settings);
    auto client = server.connect();
    EXPECT_FALSE(client.get("/").has("strict-transport-security"));
    const auto reply = client.get("/", {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-For", "9.8.7.6"}});
    EXPECT_TRUE(reply.has("strict-transport-security"));
    EXPECT_EQ(reply.body, "9.8.7.6 https");
    settings.trusted_proxies = {};
    settings.hsts = true;
    EXPECT_TRUE(TestServer(echo, settings).connect().get("/").has("strict-transport-security"));
}

TEST(SecurityFields, LetTheHandlerChooseItsPolicy) {
    TestServer server([](Request&) -> Awaitable<Response> {
        auto response = text_response("<html>", "text/html");
        response.headers.add("Content-Security-Policy", "default-src 'self'");
        co_return response;
    });
    const auto reply = server.connect().get("/");
    EXPECT_EQ(reply.header("content-security-policy"), "default-src 'self'");
    EXPECT_EQ(reply.raw_head.find("default-src 'none'"), std::string::npos);
}

Handler sized(std::size_t size, std::string type = "application/json", std::string etag = "") {
    return [=](Request&) -> Awaitable<Response> {
        std::string body;
        while (body.size() < size) body += "{\"n\":" + std::to_string(body.size()) + "},";
        body.resize(size);
        auto response = text_response(body, type);
        if (!etag.empty()) response.headers.add("ETag", etag);
        co_return response;
    };
}

TEST(Compression, ShrinksTextForClientsThatAcceptIt) {
    for (const std::size_t size : {std::size_t{1024}, std::size_t{20'000}, std::size_t{500'000}}) {
        TestServer server(sized(size));
        auto client = server.connect();
        const auto plain = client.get("/");
        EXPECT_FALSE(plain.has("content-encoding"));
        EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
        const auto reply = client.get("/", {{"Accept-Encoding", "br, gzip;q=0.5"}});
        EXPECT_EQ(reply.header("content-encoding"), "gzip");
        EXPECT_LT(reply.body.size(), size);
        EXPECT_EQ(gunzip(reply.body), plain.body);
        const auto head = client.request("HEAD", "/", {{"Accept-Encoding", "gzip"}});
        EXPECT_EQ(head.header("content-length"), std::to_string(reply.body.size()));
    }
}

TEST(Compression, LeavesAloneWhatItShould) {
    const std::pair<std::string, std::string> accepts{"Accept-Encoding", "gzip"};
    EXPECT_FALSE(TestServer(sized(1023)).connect().get("/", {accepts}).has("content-encoding"));
    EXPECT_FALSE(TestServer(sized(5000, "image/png")).connect().get("/", {accepts}).has("content-encoding"));
    EXPECT_FALSE(TestServer(sized(5000, "application/json", "\"v1\"")).connect().get("/", {accepts}).has("content-encoding"));
}

TEST(Compression, ReadsWeights) {
    for (const std::string_view yes : {"gzip", "GZIP", "a, gzip", "*", "gzip;q=1", "gzip; q=0.001", "*;q=0, gzip"}) EXPECT_TRUE(accepts_gzip(yes)) << yes;
    for (const std::string_view no : {"", "br", "gzip;q=0", "gzip;q=0.0", "*;q=0", "identity", "gzip;q=0, *", "gzip;x=1"}) EXPECT_FALSE(accepts_gzip(no)) << no;
}

}  // namespace
}  // namespace agentic::http

#include "api/access_log.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "api/route.hpp"
#include "core/log.hpp"
#include "unit/api/dispatch_support.hpp"

namespace agentic::api::test {
namespace {

std::mutex mutex;
std::vector<std::string> lines;

void collect(log::Level, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields) {
    if (event != "request") return;
    std::string line(message);
    for (const auto& field : fields) {
        if (field.key != "duration_ms" && field.key != "request_id") line.append(" ").append(field.key).append("=").append(field.text);
    }
    const std::scoped_lock lock(mutex);
    lines.push_back(line);
}

/// Collects the access log while it lives.
struct AccessLog {
    AccessLog() {
        lines.clear();
        log::set_level(log::Level::info);
        log::install_sink(collect);
    }
    ~AccessLog() { log::install_sink(nullptr); }
};

Task<Thing> thing(RequestContext&) { co_return Thing{.name = "a", .size = 1}; }

std::vector<Route> routes() {
    return {
        endpoint<thing>(http::Method::get, "/things/{thing_id}", "thing_view", "Things", "View", Policy::role(Role::viewer, "things:read")),
        endpoint<thing>(http::Method::post, "/files", "file_create", "Things", "Upload", Policy::role(Role::member, "things:write")).accepts({"multipart/form-data"}),
        endpoint<thing>(http::Method::get, "/livez", "livez", "Health", "Live", Policy::open("test")),
    };
}

TEST(AccessLog, NamesRouteStatusAndTenantButNoPathAndNoProbe) {
    const AccessLog log;
    {
        ThingServer server(routes());
        server.send(http::Method::get, "/things/private-name", "Bearer member");
        server.send(http::Method::get, "/things/private-name", "Bearer nobody");
        server.send(http::Method::get, "/livez");
        server.send(http::Method::get, "/elsewhere/private-name");
    }
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[0].starts_with("GET /things/{thing_id} 200 method=GET route=/things/{thing_id} status=200 tenant_id=0")) << lines[0];
    EXPECT_EQ(lines[1], "GET /things/{thing_id} 401 method=GET route=/things/{thing_id} status=401 tenant_id=");
    EXPECT_EQ(lines[2], "GET unmatched 404 method=GET route=unmatched status=404 tenant_id=");
    for (const auto& line : lines) EXPECT_FALSE(line.contains("private-name")) << line;
}

TEST(AccessLog, HasALineForEveryUploadThatIsRefusedBeforeItIsRead) {
    const AccessLog log;
    {
        ThingServer server(routes());
        const auto status = [&](std::string path, std::string who) {
            http::Request request{.method = http::Method::post, .path = std::move(path)};
            request.headers.add("authorization", who);
            const auto refused = server.refuse_upload(std::move(request));
            return refused ? refused->status : 0;
        };
        EXPECT_EQ(status("/files", "Bearer member"), 0);
        EXPECT_EQ(status("/files", "Bearer nobody"), 401);
        EXPECT_EQ(status("/files", "Bearer viewer"), 403);
        EXPECT_EQ(status("/elsewhere/private-name", "Bearer member"), 404);
    }
    ASSERT_EQ(lines.size(), 3U);   // an upload that is let in gets its line when it is answered
    EXPECT_EQ(lines[0], "POST /files 401 method=POST route=/files status=401 tenant_id=");
    EXPECT_TRUE(lines[1].starts_with("POST /files 403 method=POST route=/files status=403 tenant_id=0")) << lines[1];
    EXPECT_EQ(lines[2], "POST unmatched 404 method=POST route=unmatched status=404 tenant_id=");
}

}  // namespace
}  // namespace agentic::api::test

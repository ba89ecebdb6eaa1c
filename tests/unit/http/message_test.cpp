#include "http/message.hpp"

#include <gtest/gtest.h>

#include "http/status.hpp"

namespace agentic::http {
namespace {

TEST(Headers, KeepOrderAndCompareWithoutCase) {
    Headers headers;
    headers.add("A", "1");
    headers.add("b", "");
    headers.add("a", "2");
    EXPECT_EQ(headers.get("a"), "1");
    EXPECT_EQ(headers.get("B"), "");
    EXPECT_EQ(headers.get("c"), std::nullopt);
    EXPECT_EQ(headers.count("A"), 2U);
    std::string all;
    for (const auto [name, value] : headers.fields()) all += std::string(name) + "=" + std::string(value) + ";";
    EXPECT_EQ(all, "A=1;b=;a=2;");
}

TEST(Headers, SetReplacesEveryFieldOfTheName) {
    Headers headers;
    for (const auto* name : {"x", "X", "y"}) headers.add(name, "old");
    headers.set("X", "new");
    EXPECT_EQ(headers.count("x"), 1U);
    EXPECT_EQ(headers.get("x"), "new");
    EXPECT_EQ(headers.get("y"), "old");
    headers.remove("Y");
    EXPECT_EQ(headers.count("y"), 0U);
}

TEST(Headers, AcceptViewsOfThemselves) {
    Headers headers;
    headers.add("name", std::string(100, 'v'));
    for (int i = 0; i < 20; ++i) headers.add(*headers.get("name"), *headers.get("name"));
    headers.set("name", *headers.get("name"));
    EXPECT_EQ(headers.get("NAME"), std::string(100, 'v'));
}

TEST(ErrorResponse, CarriesEveryViolationAndTheRequestId) {
    const Error error{.code = ErrorCode::validation_error, .public_message = "name: \"x\"", .violations = {{"name", "is required"}, {"steps[1].slug", "too long"}}, .retry_after_s = 3};
    const auto response = error_response(error, "req");
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(response.headers.get("retry-after"), "3");
    EXPECT_EQ(response.body,
              R"({"detail":"name: \"x\"","error":{"code":"validation_error","message":"name: \"x\"","details":[{"field":"name","issue":"is required"},{"field":"steps[1].slug","issue":"too long"}],"request_id":"req"}})");
    EXPECT_EQ(error_response(error, "req", 431).status, 431);
}

}  // namespace
}  // namespace agentic::http

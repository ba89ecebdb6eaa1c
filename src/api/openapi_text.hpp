#pragma once
// The prose of the OpenAPI document.
#include <array>
#include <string_view>
#include <utility>

namespace agentic::api::openapi_text {

inline constexpr std::string_view kTitle = "Agentic Platform";
inline constexpr std::string_view kVersion = "1.0.0";  // of the contract, not of the server

inline constexpr std::string_view kIntroduction =
    "Agents, knowledge and workflows for many tenants.\n\n"
    "**Authentication.** Send `Authorization: Bearer <access token>` (from `POST /v1/auth/login`) or an API key, as a bearer token or in `x-api-key`.\n\n"
    "**Errors.** Every refusal has the body `Error`; all violations of an input are named at once, and unknown fields are violations. "
    "What belongs to another tenant does not exist: 404.\n\n"
    "**Requests.** Every answer carries `X-Request-ID`; send your own to have it taken over. Times are RFC 3339 in UTC, ids are UUIDs.\n\n"
    "**Changes.** Single resources carry an `ETag`: send it as `If-None-Match` to read only what has changed, and as `If-Match` to write only what has not.";

/// In the order of the documentation.
inline constexpr auto kTags = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"Auth", "Registering, signing in and out, and the own profile."},
    {"Users", "The people of the tenant, and inviting more."},
    {"API keys", "Credentials for programs; a key is shown once."},
    {"Tenant", "The own tenant: settings, plan and limits."},
    {"Agents", "Agents, their versions, and executing them."},
    {"Conversations", "Conversations and their messages."},
    {"Runs", "Executions as durable records that can be watched, rejoined and cancelled."},
    {"Tools", "What agents may call."},
    {"Models", "The models that agents can use."},
    {"Providers", "The tenant's own model credentials."},
    {"Knowledge", "Collections, documents and search."},
    {"Workflows", "Steps that run agents and tools in order."},
    {"Usage", "What was used and what it cost."},
    {"Administration", "Tenants, for the administrator of the platform."},
    {"Health", "Probes for machines that watch the server."},
    {"Documentation", "This document, its viewer, and the start page."},
});

/// The `Error` answers by status: component name and description.
struct Failure {
    int status;
    std::string_view component, description;
};
inline constexpr auto kFailures = std::to_array<Failure>({
    {400, "BadRequest", "The request is malformed."},
    {401, "NotAuthenticated", "The credentials are missing, wrong, expired or revoked."},
    {403, "Forbidden", "The caller's role or scope does not allow this."},
    {404, "NotFound", "There is no such thing, or it belongs to another tenant."},
    {409, "Conflict", "The request contradicts the present state."},
    {412, "PreconditionFailed", "The resource has changed since it was read."},
    {413, "PayloadTooLarge", "The body is larger than the server takes."},
    {415, "UnsupportedMediaType", "The body has a type that this route does not read."},
    {422, "ValidationError", "The input breaks rules; `error.details` names every one."},
    {429, "TooManyRequests", "A rate limit, quota or budget is used up; see `Retry-After`."},
    {500, "InternalError", "A fault of the server; its log knows the request id."},
    {502, "UpstreamError", "A model's provider failed."},
    {503, "Unavailable", "The server cannot answer now; try again."},
    {504, "DeadlineExceeded", "The answer took too long."},
    {507, "StorageFull", "The server's disk is full; reading goes on."},
});

}  // namespace agentic::api::openapi_text

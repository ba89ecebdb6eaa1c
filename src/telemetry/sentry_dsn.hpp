#pragma once
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace agentic::telemetry {

/// Where one project of a Sentry server takes events, and the key that names the project there.
struct SentryDsn {
    std::string envelope_url;
    Secret public_key;
};

/// Reads `{http|https}://{public key}[:{secret}]@{host}[:{port}]/[{path}/]{project id}`; the secret of old projects is ignored, as Sentry does.
/// Fails with `bad_request`; its message never repeats the text. Source: develop.sentry.dev/sdk/foundations/transport/authentication.
Result<SentryDsn> parse_sentry_dsn(std::string_view dsn);

}  // namespace agentic::telemetry

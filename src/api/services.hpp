#pragma once

namespace agentic {

class Clock;
namespace db { class Executor; }
namespace auth { class Authenticator; }

namespace api {

class Readiness;

/// What endpoints may use; owned by the application, alive as long as the server.
struct Services {
    const Clock& clock;
    db::Executor& db;
    Readiness& readiness;
};

}  // namespace api
}  // namespace agentic

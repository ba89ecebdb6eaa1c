#pragma once

namespace agentic {

class Clock;
namespace db { class Executor; }
namespace auth { class Authenticator; }

namespace api {

/// What endpoints may use; owned by the application, alive as long as the server.
struct Services {
    const Clock& clock;
    db::Executor& db;
};

}  // namespace api
}  // namespace agentic

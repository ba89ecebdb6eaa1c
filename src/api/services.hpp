#pragma once
#include <cstdint>
#include <string>

namespace agentic {

class Clock;
namespace db { class Executor; }
namespace auth {
class Authenticator;
class AccountService;
class PeopleService;
class ApiKeyService;
}  // namespace auth

namespace services {
class RunService;
class KnowledgeService;
class SearchService;
class BlobStore;
}  // namespace services
namespace llm { class ModelCatalog; }

namespace api {

class AnswerCache;
class Readiness;

/// What a new agent gets where its request says nothing; from the configuration.
struct AgentDefaults {
    std::string model_provider = "extractive";   // as long as no key of a model provider is configured
    std::string model_name = "extractive";
    std::int64_t timeout_seconds = 300;
    std::int64_t max_iterations = 10;
};

/// The services behind sign-in, users and API keys.
struct AccountServices {
    auth::AccountService& sign_in;
    auth::PeopleService& people;
    auth::ApiKeyService& api_keys;
};

/// What endpoints may use; owned by the application, alive as long as the server.
struct Services {
    const Clock& clock;
    db::Executor& db;
    Readiness& readiness;
    AgentDefaults agent_defaults{};
    const AccountServices* accounts = nullptr;  // null only in tests that call no route of accounts
    services::RunService* runs = nullptr;       // null only in tests that call no route of runs
    auth::Authenticator* authenticator = nullptr;   // asked again by long streams; null only in tests without accounts
    const llm::ModelCatalog* models = nullptr;      // null only in tests that call no route of models
    AnswerCache* answers = nullptr;             // null: every list is read anew
    services::KnowledgeService* knowledge = nullptr;   // these three are null only in tests that call no route of knowledge
    services::SearchService* search = nullptr;
    services::BlobStore* blobs = nullptr;
};

}  // namespace api
}  // namespace agentic

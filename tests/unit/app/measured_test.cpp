#include <gtest/gtest.h>

#include "app/metrics/measured_database.hpp"
#include "app/metrics/measured_models.hpp"
#include "services/runs/model_access.hpp"
#include "support/co_test.hpp"
#include "support/database.hpp"
#include "support/fake_llm.hpp"

namespace agentic::app {
namespace {

using agentic::test::FakeLlm;
using agentic::test::LlmScript;

/// Whether the text has this line.
bool says(const telemetry::Metrics& metrics, const std::string& line) { return ("\n" + metrics.text()).contains("\n" + line + "\n"); }

struct Models {
    FakeLlm fake;
    llm::ModelCatalog catalog = llm::ModelCatalog::builtin();
    services::CatalogFacts facts{catalog};
    agentic::test::FakeClock clock;
    telemetry::Metrics metrics{"1", false};
    MeasuredModels models{fake, catalog, facts, clock, metrics};
    std::vector<std::string> heard;

    Task<llm::Answer> call(std::string model) {
        llm::Request request{.endpoint = {.provider = "openai"}, .model = std::move(model)};
        co_return co_await models.stream(std::move(request), [this](const llm::Delta& delta) {
            if (const auto* text = std::get_if<llm::TextDelta>(&delta)) heard.emplace_back(text->text);
        });
    }
    std::string known_model() const {
        for (const auto& model : catalog.models()) {
            if (model.provider == "openai") return model.id;
        }
        return {};
    }
};

AGENTIC_CO_TEST(MeasuredModels, PassOnWhatIsSaidAndCountWhatWasUsed) {
    Models m;
    const auto model = m.known_model();
    const auto answer = co_await m.call(model);
    EXPECT_TRUE(answer.has_value());
    EXPECT_EQ(m.heard, (std::vector<std::string>{"Hello", ", ", "world"}));
    const auto labels = "model=\"" + model + "\",provider=\"openai\"";
    EXPECT_TRUE(says(m.metrics, "agentic_model_calls_total{model=\"" + model + "\",outcome=\"ok\",provider=\"openai\"} 1")) << m.metrics.text();
    EXPECT_TRUE(says(m.metrics, "agentic_model_tokens_total{" + labels + ",type=\"input\"} 10"));
    EXPECT_TRUE(says(m.metrics, "agentic_model_tokens_total{" + labels + ",type=\"output\"} 5"));
    EXPECT_TRUE(says(m.metrics, "agentic_model_first_token_seconds_count{" + labels + "} 1"));
    EXPECT_FALSE(says(m.metrics, "agentic_model_cost_dollars_total{" + labels + "} 0")) << "its price is known";
}

AGENTIC_CO_TEST(MeasuredModels, CountWhatACallThatBrokeOffHadUsed) {
    Models m;
    m.fake.play({LlmScript{.deltas = {}, .error = Error{.code = ErrorCode::upstream_error, .public_message = "overloaded"}, .reported = llm::Usage{.input_tokens = 7}}});
    EXPECT_FALSE((co_await m.call("no-such-model")).has_value());
    EXPECT_TRUE(says(m.metrics, R"(agentic_model_calls_total{model="other",outcome="upstream_error",provider="openai"} 1)")) << m.metrics.text();
    EXPECT_TRUE(says(m.metrics, R"(agentic_model_tokens_total{model="other",provider="openai",type="input"} 7)"));
    EXPECT_TRUE(says(m.metrics, R"(agentic_model_first_token_seconds_count{model="other",provider="openai"} 0)"));
    EXPECT_FALSE(m.metrics.text().contains("no-such-model")) << "agents may name any";
}

AGENTIC_CO_TEST(MeasuredModels, CountACallThatThrewAndLetItThrow) {
    Models m;
    m.fake.play({LlmScript{.throws = true}});
    bool threw = false;
    try {
        (void)co_await m.call("no-such-model");
    } catch (const std::runtime_error&) {
        threw = true;
    }
    EXPECT_TRUE(threw);
    EXPECT_TRUE(says(m.metrics, R"(agentic_model_calls_total{model="other",outcome="cancelled",provider="openai"} 1)")) << m.metrics.text();
}

constexpr db::Migration kNotes[] = {{
    .number = 1,
    .name = "notes",
    .sqlite_up = "CREATE TABLE tenants (id TEXT PRIMARY KEY); CREATE TABLE notes (tenant_id TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant_id, id))",
    .sqlite_down = "DROP TABLE notes",
    .sqlite_sha256 = "s1",
}};
const db::Statement kInsert{.name = "note_insert", .sqlite = "INSERT INTO notes (tenant_id, id) VALUES ($1, $2)", .postgres = {}, .writes = true};
const db::Statement kList{.name = "note_list", .sqlite = "SELECT id FROM notes WHERE tenant_id = $1", .postgres = {}};

const db::Statement kNonsense{.name = "note_nonsense", .sqlite = "SELECT nothing FROM notes WHERE tenant_id = $1", .postgres = {}};

AGENTIC_CO_TEST(MeasuredDatabase, CountsCallsByTheirFirstStatement) {
    telemetry::Metrics metrics("1", false);
    agentic::test::FakeClock clock;
    agentic::test::TestDatabase file(kNotes);
    file.close();
    MeasuredDatabase database(agentic::test::value_or_throw(db::sqlite::Database::open(file.options())), clock, metrics);
    const auto tenant = *Uuid::parse("0191b2a4-7c3d-7e11-8f00-00000000000a");
    const auto scope = TenantScope::system(tenant, "test");
    EXPECT_TRUE((co_await database.batch(scope, db::batch_of(db::Step{kInsert, {tenant, "1"}}, db::Step{kInsert, {tenant, "2"}}))).has_value());
    EXPECT_FALSE((co_await database.query(scope, kInsert, {tenant, "1"})).has_value()) << "it is there";
    EXPECT_EQ((co_await database.query(scope, kList, {tenant})).value().size(), 2U);
    EXPECT_EQ((co_await database.read(scope, db::batch_of(db::Step{kList, {tenant}}))).value().size(), 1U);
    bool threw = false;
    try {
        (void)co_await database.query(scope, kNonsense, {tenant});
    } catch (const std::exception&) {
        threw = true;
    }
    EXPECT_TRUE(threw) << "a statement that cannot be prepared is a fault of ours";
    EXPECT_TRUE((co_await database.ping()).has_value());
    EXPECT_EQ(database.engine(), db::Executor::Engine::sqlite);
    EXPECT_TRUE(says(metrics, R"(agentic_database_calls_total{outcome="ok",statement="note_insert"} 1)")) << metrics.text();
    EXPECT_TRUE(says(metrics, R"(agentic_database_calls_total{outcome="failed",statement="note_insert"} 1)"));
    EXPECT_TRUE(says(metrics, R"(agentic_database_calls_total{outcome="ok",statement="note_list"} 2)"));
    EXPECT_TRUE(says(metrics, R"(agentic_database_call_duration_seconds_count{statement="note_list"} 2)"));
    EXPECT_TRUE(says(metrics, R"(agentic_database_calls_total{outcome="failed",statement="note_nonsense"} 1)"));
    EXPECT_TRUE(says(metrics, "agentic_database_calls_in_flight 0"));
}

}  // namespace
}  // namespace agentic::app

#include "services/runs/run_driver.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "core/encoding.hpp"
#include "core/fault.hpp"
#include "core/log.hpp"
#include "services/runs/blocks.hpp"
#include "services/runs/run_plan.hpp"
#include "services/runs/run_wire.hpp"

namespace agentic::services {
namespace {

constexpr std::chrono::milliseconds kBusyPause{200};   // another process's run holds the conversation
constexpr std::chrono::milliseconds kRetryPause{500};
constexpr std::chrono::milliseconds kStoppedPauseMax{500};   // nobody can cut these short, so they are short
constexpr int kBeginTriesMax = 20;
constexpr int kReadTriesMax = 10;
constexpr auto kForever = std::chrono::steady_clock::time_point::max();

Error stopped() { return {.code = ErrorCode::cancelled, .public_message = "The run was stopped"}; }

std::string message_before(const std::vector<db::PastMessageRow>& past, const std::optional<Uuid>& current) {
    for (auto row = past.rbegin(); row != past.rend(); ++row) {
        if (row->role == MessageRole::user && row->id != current) return row->content;
    }
    return {};
}

/// Whether an error of the database is one of the moment: the same may work a little later.
bool may_pass(ErrorCode code) { return code == ErrorCode::unavailable || code == ErrorCode::storage_full || code == ErrorCode::deadline_exceeded; }

Awaitable<bool> sleep_for(IoExecutor home, std::chrono::milliseconds delay) {
    async::SteadyTimer timer(home, delay);
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable_t<IoExecutor>{}));
    co_return !error;
}

}  // namespace

Awaitable<bool> RunDriver::run() {
    if (!task_.refused && co_await get_ready() == Ready::lost) co_return false;
    async::SteadyTimer deadline(task_.live->home());
    if (task_.row.status == RunStatus::running) {
        const std::chrono::seconds timeout(task_.agent.timeout_seconds);
        deadline_ = env_.clock.steady() + timeout;
        deadline.expires_after(timeout);
        deadline.async_wait([live = task_.live](boost::system::error_code error) {
            if (!error) live->request_stop(StopCause::deadline);
        });
        show_start();
        co_await find_passages();
    }
    machine_.emplace(plan());
    co_return co_await conduct();
}

Awaitable<RunDriver::Ready> RunDriver::get_ready() {
    const bool has_places = co_await wait_for_places();
    if (!has_places) co_return Ready::yes;  // stopped before its turn: the machine ends it
    if (task_.row.status == RunStatus::queued && co_await begin_queued() == Ready::lost) co_return Ready::lost;
    const bool has_past = task_.needs_past && task_.agent.memory_enabled && task_.row.status == RunStatus::running;
    if (has_past) co_return co_await read_past();  // no ?: with a plain value: GCC 14.2 awaits the other whatever the condition says
    co_return Ready::yes;
}

Awaitable<bool> RunDriver::wait_for_places() {
    while (!task_.live->is_stopped()) {
        if (!task_.turn) {
            task_.turn = co_await task_.live->stoppable(task_.place->wait(kForever));
        } else if (!task_.permit) {
            task_.permit = co_await task_.live->stoppable(gate_.enter(task_.tenant.tenant_id(), kForever));
        } else {
            task_.place.reset();
            co_return true;
        }
    }
    co_return false;
}

Awaitable<RunDriver::Ready> RunDriver::begin_queued() {
    auto& row = task_.row;
    for (int tries = 1; !task_.live->is_stopped(); ++tries) {
        const auto now = env_.clock.now();
        row.user_message_id = make_uuid_v7(now.unix_ms());
        row.agent_version = task_.agent.version;
        auto stored = co_await write(begin_batch(task_.tenant, row, now));
        if (stored) {
            fault::point("run.begin.committed");
            row.status = RunStatus::running;
            row.attempt += 1;
            row.started_at = now;
            task_.live->mark_begun();
            co_return Ready::yes;
        }
        row.user_message_id.reset();
        if (db::RunRepository::is_busy(stored.error())) {
            co_await pause(kBusyPause);
            tries = 0;
        } else if (const auto ready = co_await not_begun(std::move(stored).error(), tries); ready == Ready::lost || task_.refused) {
            co_return ready;
        }
    }
    co_return Ready::yes;
}

/// Why the turn could not begin: it was cancelled or taken over meanwhile, its message can never be stored (its conversation is gone, say), or the database
/// is away.
Awaitable<RunDriver::Ready> RunDriver::not_begun(Error error, int tries) {
    if (db::RunRepository::is_fenced(error)) {
        auto row = co_await find_row();
        const bool is_cancelled = row && row->cancel_requested && row->lease_owner == task_.row.lease_owner && row->status == RunStatus::queued;
        if (!is_cancelled) co_return Ready::lost;
        task_.live->request_stop(StopCause::cancel_requested);
        co_return Ready::yes;
    }
    if (!may_pass(error.code)) {
        error.public_message = "The turn could not begin: " + error.public_message;
        task_.refused = std::move(error);
        co_return Ready::yes;
    }
    if (tries >= kBeginTriesMax) co_return Ready::lost;
    co_await pause(kRetryPause);
    co_return Ready::yes;
}

/// Behind the commit of the user's message and not in it: what was said up to there cannot change any more, and a long past holds up no other writer.
Awaitable<RunDriver::Ready> RunDriver::read_past() {
    for (int tries = 1; !task_.live->is_stopped(); ++tries) {
        auto past = co_await db::RunRepository(env_.db).past(task_.tenant, task_.row.conversation_id, *task_.row.user_message_id, kPastMax);
        if (past) {
            task_.past = *std::move(past);
            break;
        }
        if (tries == kReadTriesMax) {
            log::warning("run_abandoned", "A run was left to be continued: its past could not be read: " + past.error().public_message, {{"run_id", task_.row.id.to_string()}});
            co_return Ready::lost;
        }
        co_await pause(kRetryPause);
    }
    co_return Ready::yes;
}

/// What the agent's collections hold about the message becomes part of its context, behind what came with the message itself.
Awaitable<void> RunDriver::find_passages() {
    if (env_.passages == nullptr || task_.refused || task_.live->is_stopped() || !has_collections(task_.agent)) co_return;
    PassageQuestion question{.text = task_.row.input, .before = message_before(task_.past, task_.row.user_message_id)};
    auto found = co_await guarded(env_.passages->find(task_.tenant, task_.row.user_id, task_.row.id, task_.agent, std::move(question)), "The search in the agent's collections");
    if (!found) {
        if (!task_.live->is_stopped()) task_.refused = std::move(found).error();  // else the machine ends it, for the reason of the stop
        co_return;
    }
    log_.event("retrieval", retrieval_data(*found));
    found_ = std::move(found->passages);
    search_warnings_ = std::move(found->warnings);
    for (const auto& each : found_) task_.context.passages.push_back(each.passage);
}

Awaitable<void> RunDriver::pause(std::chrono::milliseconds delay) {
    const auto home = task_.live->home();
    if (!task_.live->is_stopped()) co_await task_.live->stoppable(sleep_for(home, delay));
    else co_await sleep_for(home, std::min(delay, kStoppedPauseMax));
}

RunPlan RunDriver::plan() {
    // A run that only has to end needs no prompt, and must not fail in making one.
    if (task_.refused) return {.iterations = task_.row.iterations, .usage = usage_of(task_.row)};
    auto plan = make_plan({.agent = task_.agent,
                           .run = task_.row,
                           .context = task_.context,
                           .past = std::move(task_.past),
                           .endpoint = task_.endpoint,
                           .context_window = env_.facts.context_window(task_.endpoint.provider, task_.agent.model_name),
                           .deadline = deadline_});
    plan.warnings = std::move(search_warnings_);
    return plan;
}

Awaitable<bool> RunDriver::conduct() {
    RunEvent event = run_event::Begin{};
    if (task_.refused) event = run_event::Refused{*task_.refused};
    for (;;) {
        machine_->stop(task_.live->stop_cause());
        auto action = machine_->resume(std::move(event));
        if (auto* call = std::get_if<run_action::CallModel>(&action)) {
            event = co_await call_model(std::move(call->request));
        } else if (auto* step = std::get_if<run_action::CommitStep>(&action)) {
            event = co_await commit_step(std::move(*step));
        } else if (auto* end = std::get_if<run_action::CommitEnd>(&action)) {
            event = co_await commit_end(std::move(*end));
        } else if (const auto* abandon = std::get_if<run_action::Abandon>(&action)) {
            log::warning("run_abandoned", "A run was left to be continued: " + abandon->reason, {{"run_id", task_.row.id.to_string()}, {"attempt", task_.row.attempt}});
            co_return false;
        } else {
            co_return true;
        }
    }
}

void RunDriver::show_start() {
    if (task_.row.attempt == 1) log_.event("run_started", started_data(task_.row));
    else log_.event("restarted", restarted_data(task_.row, task_.confirmed_sequence));
}

void RunDriver::on_delta(const llm::Delta& delta) {
    if (const auto* report = std::get_if<llm::UsageReport>(&delta)) {
        heard_.reported = report->usage;
        return;
    }
    const auto* text = std::get_if<llm::TextDelta>(&delta);
    const auto piece = text != nullptr ? text->text : std::get<llm::ThinkingDelta>(delta).text;
    heard_.text += piece;
    if (log_.is_full()) task_.live->request_stop(StopCause::output_limit);
    else log_.delta(text != nullptr ? "token" : "thinking", piece);
}

Awaitable<RunEvent> RunDriver::call_model(llm::Request request) {
    heard_ = {};
    if (task_.live->is_stopped()) co_return run_event::ModelFailed{stopped(), std::nullopt};
    auto answer = co_await guarded(env_.llm.stream(std::move(request), [this](const llm::Delta& delta) { on_delta(delta); }), "The call to the model");
    fault::point("run.model.answered");
    if (answer) co_return run_event::ModelAnswered{*std::move(answer)};
    log::info("model_call_failed", "A model call failed: " + answer.error().public_message,
              {{"run_id", task_.row.id.to_string()}, {"code", to_string(answer.error().code)}, {"detail", answer.error().internal_context}});
    co_return run_event::ModelFailed{std::move(answer).error(), std::exchange(heard_, {})};
}

/// The work's own result, but `cancelled` when a stop cut it short, and `internal_error` when it threw.
template <class T>
Task<T> RunDriver::guarded(Task<T> work, const char* what) {
    try {
        co_return co_await task_.live->stoppable(std::move(work));
    } catch (const std::exception& error) {
        const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
        if (system != nullptr && system->code() == asio::error::operation_aborted) co_return std::unexpected(stopped());
        const auto message = what + std::string(" failed unexpectedly");
        log::error("run_call_failed", message, {{"run_id", task_.row.id.to_string()}, {"error", error.what()}});
        co_return fail(ErrorCode::internal_error, message, error.what());
    }
}

Awaitable<RunEvent> RunDriver::commit_step(run_action::CommitStep action) {
    if (action.delay.count() > 0) co_await pause(action.delay);
    const auto priced = price(action.call);
    const auto cost = priced ? priced->cost.micros : 0;
    db::RunStepRecord record{.iterations = machine_->iterations(),
                             .turn_blocks = blocks_to_json(machine_->turn_blocks()),
                             .tokens = tokens_of(machine_->usage()),
                             .cost_micros = cost,
                             .now = env_.clock.now()};
    auto event = co_await store(step_batch(task_.tenant, task_.row, std::move(record), priced, log_.segment()), RunStatus::running);
    if (std::holds_alternative<run_event::Committed>(event)) {
        fault::point("run.step.committed");
        task_.row.cost_micros += cost;
        log_.release();
    }
    co_return event;
}

Awaitable<RunEvent> RunDriver::commit_end(run_action::CommitEnd action) {
    if (action.delay.count() > 0) co_await pause(action.delay);
    const auto& outcome = machine_->outcome();
    const auto priced = price(action.call);
    const auto cost = priced ? priced->cost.micros : 0;
    auto record = end_record(cost);
    RunEnd end{.body = std::nullopt, .error = outcome.error};
    log_.drop_held();
    if (outcome.answer) {
        auto citations = wire_citations(outcome.answer->citations, found_);
        if (!message_) message_ = answer_message(*outcome.answer, citations);
        record.message_id = message_->id;
        end.body = schema::to_json(response_of(task_.row, std::move(citations), *message_, machine_->usage(), task_.row.cost_micros + cost));
        log_.held("message", message_data(*message_));
        log_.held("complete", *end.body);
    } else {
        message_.reset();
        log_.held("error", error_data(outcome.error));
    }
    if (fault::planted("ack_before_commit")) {
        task_.live->channel.close(end);
        co_await sleep_for(task_.live->home(), std::chrono::milliseconds(20));
    }
    fault::point("run.end.before");
    auto event = co_await store(end_batch(task_.tenant, task_.row, std::move(record), message_, priced, log_.segment()), outcome.status);
    if (!std::holds_alternative<run_event::Committed>(event)) co_return event;
    fault::point("run.end.committed");
    if (env_.observer) env_.observer(task_.tenant, outcome.status, machine_->usage(), env_.clock.steady() - task_.accepted_at);
    // The places first: who hears of the end may at once ask for the next turn.
    task_.turn.reset();
    task_.permit.reset();
    log_.release();
    task_.live->channel.close(std::move(end));
    co_return event;
}

/// Stores a step after which the run's status is `status`.
Awaitable<RunEvent> RunDriver::store(db::Batch batch, RunStatus status) {
    auto stored = co_await write(std::move(batch));
    if (stored) co_return run_event::Committed{};
    if (!db::RunRepository::is_fenced(stored.error())) co_return run_event::CommitFailed{std::move(stored).error()};
    // Refused: somebody else has the run, or an earlier try was done and its answer lost. Nobody but this driver brings the row there in this attempt.
    auto row = co_await find_row();
    if (!row && may_pass(row.error().code)) co_return run_event::CommitFailed{std::move(row).error()};
    const bool is_done = row && row->attempt == task_.row.attempt && row->status == status && row->iterations == machine_->iterations();
    if (is_done) co_return run_event::Committed{};
    co_return run_event::CommitFenced{};
}

Task<db::RunRow> RunDriver::find_row() {
    co_return co_await db::RunRepository(env_.db).find(task_.tenant, db::ConversationAccess::whole_tenant("a run looks at itself"), task_.row.id);
}

/// Exceptions become errors: what cannot be stored must end the run, or it would be taken up again for ever.
Task<std::vector<db::Rows>> RunDriver::write(db::Batch batch) {
    try {
        co_return co_await env_.db.batch(task_.tenant, std::move(batch));
    } catch (const std::exception& error) {
        log::error("run_store_failed", "Storing a run's step failed unexpectedly", {{"run_id", task_.row.id.to_string()}, {"error", error.what()}});
        co_return fail(ErrorCode::internal_error, "The database failed unexpectedly");
    }
}

std::optional<PricedCall> RunDriver::price(const std::optional<ModelCall>& call) const {
    if (!call) return std::nullopt;
    return PricedCall{.call = *call, .cost = env_.facts.cost(*call), .id = make_uuid_v7(env_.clock.now().unix_ms())};
}

db::RunEndRecord RunDriver::end_record(std::int64_t cost_micros) const {
    const auto& outcome = machine_->outcome();
    db::RunEndRecord record{.expected = task_.row.status,
                            .status = outcome.status,
                            .iterations = machine_->iterations(),
                            .tokens = tokens_of(machine_->usage()),
                            .cost_micros = cost_micros,
                            .latency_ms = latency_ms(),
                            .now = env_.clock.now()};
    if (outcome.answer) {
        record.model = outcome.answer->model;
        record.stop_reason = to_string(outcome.answer->stop_reason);
        record.warnings = strings_to_json(outcome.answer->warnings);
    } else {
        record.error_code = to_string(outcome.error.code);
        record.error_message = outcome.error.public_message;
    }
    return record;
}

db::MessageRow RunDriver::answer_message(const RunAnswer& answer, const std::vector<schemas::RunCitation>& citations) const {
    const auto now = env_.clock.now();
    return {.id = make_uuid_v7(now.unix_ms()),
            .conversation_id = task_.row.conversation_id,
            .run_id = task_.row.id,
            .role = MessageRole::assistant,
            .content = answer.text,
            .content_blocks = content_blocks_json(answer.blocks),
            .citations = citations_to_json(citations),
            .model = answer.model,
            .token_count = machine_->usage().output_tokens,
            .latency_ms = latency_ms(),
            .created_at = now};
}

std::int64_t RunDriver::latency_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(env_.clock.steady() - task_.accepted_at).count();
}

}  // namespace agentic::services

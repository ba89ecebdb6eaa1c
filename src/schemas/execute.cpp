#include "schemas/execute.hpp"

#include "schema/engine.hpp"

namespace agentic::schema {

template <>
struct Rules<schemas::ExecuteRequest> {
    static constexpr std::string_view doc = "A message for an agent.";
    static constexpr auto fields = std::tuple{
        field("input", length(1, 1'000'000), describe("What the user says."), example(R"("When does the library open?")")),
        field("conversation_id", describe("Continues this conversation; without it a new one begins.")),
        field("context", defaulted, object_only,
              describe("Free-form data for this message. `documents: [{title, text}]` are quoted to the model as passages it can cite; everything else is "
                       "given to it as marked data."),
              example(R"({"documents":[{"title":"Hours","text":"The library opens at nine."}]})")),
        field("stream", defaulted, describe("Answer with Server-Sent Events as the model writes.")),
        field("background", defaulted, describe("Answer 202 as soon as the run is stored; follow it under /v1/runs.")),
        field("max_iterations", range(1, 100), describe("Model calls of this run; absent: the agent's own limit.")),
        field("on_busy", describe("What to do when the conversation is still answering an earlier message: `reject` with 409, `enqueue` behind it, or "
                                  "`interrupt` it. Absent: the conversation's own rule.")),
        field("metadata", defaulted, object_only, items(0, 100), describe("Free-form; only carried.")),
    };
    static void check(const schemas::ExecuteRequest& request, Violations& violations) {
        if (request.stream && request.background) violations.push_back({"background", "must not be combined with stream"});
    }
};

template <>
struct Rules<schemas::RunCitation> {
    static constexpr std::string_view doc = "A passage the answer rests on.";
    static constexpr auto fields = std::tuple{
        field("passage_id", describe("`doc_1` is the first of `context.documents`, `src_1` the best hit in the agent's collections."), example(R"("doc_1")")),
        field("title", example(R"("Hours")")),
        field("quote", example(R"("The library opens at nine.")")),
        field("chunk_id", omit_empty, describe("This and what follows: of a passage from a collection.")),
        field("document_id", omit_empty),
        field("document_title", omit_empty),
        field("collection_id", omit_empty),
        field("page_number", omit_empty, describe("On which the quote stands.")),
        field("section", omit_empty, describe("The headings above it.")),
    };
};

template <>
struct Rules<schemas::RunToolCall> {
    static constexpr std::string_view doc = "A tool the agent used on the way.";
    static constexpr auto fields = std::tuple{field("id"), field("tool"), field("input"), field("output"), field("is_error")};
};

template <>
struct Rules<schemas::TokenUsage> {
    static constexpr std::string_view doc = "Tokens of all model calls of a run. The last three are parts of the first two.";
    static constexpr auto fields = std::tuple{field("input_tokens"),      field("output_tokens"),      field("total_tokens"),
                                              field("cache_read_tokens"), field("cache_write_tokens"), field("reasoning_tokens")};
};

template <>
struct Rules<schemas::ExecuteResponse> {
    static constexpr std::string_view doc = "The answer of an agent.";
    static constexpr auto fields = std::tuple{
        field("run_id"),
        field("conversation_id"),
        field("message_id", describe("The stored answer.")),
        field("response", example(R"("At nine.")")),
        field("citations"),
        field("tool_calls"),
        field("token_usage"),
        field("cost_micros", describe("In millionths of the price list's currency unit; 0 for models without a known price.")),
        field("latency_ms", describe("From the request to the answer, in milliseconds.")),
        field("created_at"),
    };
};

template <>
struct Rules<schemas::ExecuteAccepted> {
    static constexpr std::string_view doc = "A run that goes on in the background.";
    static constexpr auto fields = std::tuple{
        field("run_id"),
        field("status", describe("`running`, or `queued` while the conversation or the installation is busy."), example(R"("running")")),
    };
};

template struct Codec<schemas::RunCitation>;
template struct Codec<schemas::RunToolCall>;
template struct Codec<schemas::TokenUsage>;
template struct Codec<schemas::ExecuteRequest>;
template struct Codec<schemas::ExecuteResponse>;
template struct Codec<schemas::ExecuteAccepted>;

}  // namespace agentic::schema

#include "schemas/error.hpp"

#include "schema/engine.hpp"

namespace agentic::schema {

template <>
struct Rules<schemas::ErrorDetail> {
    static constexpr std::string_view doc = "One broken rule of the input.";
    static constexpr auto fields = std::tuple{
        field("field", describe("Where, as a path."), example(R"("steps[1].slug")")),
        field("issue", describe("What is wrong; never repeats the input."), example(R"("must be 1 to 100 characters long")")),
    };
};

template <>
struct Rules<schemas::ErrorInfo> {
    static constexpr std::string_view doc = "What went wrong, for programs.";
    static constexpr auto fields = std::tuple{
        field("code", describe("A stable word."), example(R"("validation_error")")),
        field("message", describe("The same text as `detail`.")),
        field("details", describe("Every broken rule at once; empty unless the code is `validation_error`.")),
        field("request_id", describe("What the server's log calls this request, also in `X-Request-ID`.")),
    };
};

template <>
struct Rules<schemas::Error> {
    static constexpr std::string_view doc = "The body of every refusal and failure.";
    static constexpr auto fields = std::tuple{
        field("detail", describe("For people."), example(R"("slug: must not be empty")")),
        field("error"),
    };
};

}  // namespace agentic::schema

template struct agentic::schema::Codec<agentic::schemas::ErrorDetail>;
template struct agentic::schema::Codec<agentic::schemas::ErrorInfo>;
template struct agentic::schema::Codec<agentic::schemas::Error>;

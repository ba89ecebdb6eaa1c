#include "api/openapi.hpp"

#include <print>

#include "app/cli/commands.hpp"
#include "schema/json_object.hpp"

namespace agentic::app {

int openapi() {
    std::print("{}", schema::indent_json(api::openapi_document()));
    return 0;
}

}  // namespace agentic::app

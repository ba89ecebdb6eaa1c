#include <iterator>

#include "api/v1/routes.hpp"

namespace agentic::api {

std::span<const Route> all_routes() {
    static const auto all = [] {
        v1::Routes routes;
        for (auto* const part : {v1::auth_routes, v1::user_routes, v1::api_key_routes, v1::tenant_routes, v1::agent_routes, v1::conversation_routes, v1::message_routes, v1::execute_routes, v1::run_routes, v1::model_routes,
                                 v1::collection_routes, v1::document_routes, v1::rag_routes,                                 v1::health_routes, v1::meta_routes}) {
            auto rows = part();
            routes.insert(routes.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
        }
        return routes;
    }();
    return all;
}

}  // namespace agentic::api

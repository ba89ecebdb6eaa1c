#pragma once
// One function per resource file; all_routes.cpp puts them together in the order of the documentation.
#include <vector>

#include "api/route.hpp"

namespace agentic::api::v1 {

using Routes = std::vector<Route>;

Routes agent_routes();
Routes conversation_routes();
Routes message_routes();
Routes execute_routes();
Routes run_routes();
Routes model_routes();
Routes collection_routes();
Routes document_routes();
Routes rag_routes();
Routes health_routes();
Routes auth_routes();
Routes user_routes();
Routes api_key_routes();
Routes tenant_routes();
Routes meta_routes();

}  // namespace agentic::api::v1

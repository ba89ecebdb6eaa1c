#include "db/postgres/options.hpp"

namespace agentic::db::postgres {

std::string libpq_url(std::string url) {
    const auto scheme_end = url.find("://");
    const auto plus = url.find('+');
    if (scheme_end != std::string::npos && plus < scheme_end) url.erase(plus, scheme_end - plus);
    return url;
}

}  // namespace agentic::db::postgres

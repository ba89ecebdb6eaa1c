#include "api/access_log.hpp"

#include <string>

#include "api/route.hpp"
#include "core/log.hpp"

namespace agentic::api {

void log_access(const http::Request& request, const Route* route, int status, const Uuid& tenant, std::chrono::steady_clock::duration took) {
    if (!log::enabled(log::Level::info)) return;
    if (route != nullptr && route->tag == "Health") return;
    const auto method = http::to_string(request.method);
    const auto path = route != nullptr ? route->path : std::string_view("unmatched");
    const auto ms = std::chrono::duration<double, std::milli>(took).count();
    std::string message(method);
    message.append(" ").append(path).append(" ").append(std::to_string(status));
    log::info("request", message,
              {{"method", method}, {"route", path}, {"status", status}, {"duration_ms", ms}, {"request_id", request.request_id},
               {"tenant_id", tenant.is_nil() ? std::string() : tenant.to_string()}});
}

}  // namespace agentic::api

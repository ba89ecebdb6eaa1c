#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "http/message.hpp"

namespace agentic::http {

/// Cross-origin answers for a fixed list of origins. Unlisted origins get no CORS field at all; credentials never go with `*`.
class Cors {
public:
    Cors() = default;
    /// Fails with validation_error when `*` is listed together with credentials, or an entry is no origin (`scheme://host[:port]`).
    static Result<Cors> create(std::vector<std::string> origins, bool credentials);

    /// An OPTIONS request with Origin and Access-Control-Request-Method.
    static bool is_preflight(const Request& request);
    /// 204; with the permissions only for a listed origin.
    Response preflight(const Request& request) const;
    /// Adds the fields of an actual answer.
    void apply(const Request& request, Response& response) const;

private:
    bool allows(std::string_view origin) const;
    void add_origin(std::string_view origin, Headers& headers) const;

    std::vector<std::string> origins_;
    bool any_ = false;
    bool credentials_ = false;
};

}  // namespace agentic::http

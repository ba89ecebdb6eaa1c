#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <span>

#include "api/router.hpp"
#include "api/services.hpp"
#include "async/types.hpp"
#include "core/context.hpp"
#include "http/message.hpp"
#include "services/authenticator.hpp"

namespace agentic::api {

struct RequestContext;

/// Hears of every request that is answered, when the head of its answer is ready, on its I/O thread. `route` is null when there is none for it.
using RequestObserver = std::function<void(const http::Request& request, const Route* route, int status, std::chrono::steady_clock::duration took)>;

/// Answers every request of the server: finds the route, authenticates, asks the policy, calls the endpoint within the route's time, and turns
/// whatever went wrong into the error body. Thread-safe; a request stays on the I/O thread that brought it.
class Dispatcher {
public:
    /// Everything must outlive the dispatcher. Throws std::logic_error on routes that contradict each other.
    Dispatcher(std::span<const Route> routes, Services& services, auth::Authenticator& authenticator, RequestObserver observer = {});

    /// Never throws, but for the cancellation of the caller.
    Awaitable<http::Response> operator()(http::Request& request);

    /// What an upload would be refused with before its body is read: no route that takes one, no credentials, no right. nullopt: let it come.
    Awaitable<std::optional<http::Response>> refuse_upload(http::Request& request);

private:
    /// Who asks, if the route's policy lets them. In this and in what follows, `tenant` becomes the caller's, as soon as it is known: for the log.
    Task<auth::Authenticated> caller(const http::Request& request, const Route& route, Uuid& tenant);
    Task<> admit(const http::Request& request, const Route& route, Uuid& tenant);
    Task<http::Response> answer(http::Request& request, Router::Match& match, std::chrono::steady_clock::time_point deadline, Uuid& tenant);
    void answered(const http::Request& request, const Route* route, int status, const Uuid& tenant, std::chrono::steady_clock::time_point started) const;

    Router router_;
    Services& services_;
    auth::Authenticator& authenticator_;
    RequestObserver observer_;
};

}  // namespace agentic::api

#pragma once
// The thin adapter In -> handler -> Out, the only template between the router and an endpoint function.
//
//     Task<Created<schemas::Agent>> agent_create(RequestContext& ctx, schemas::AgentCreate in);
//     Task<schemas::AgentList> agent_list(RequestContext& ctx, Query<schemas::AgentListQuery> query);
//     endpoint<agent_create>(Method::post, "/v1/agents", "agent_create", "Agents", "Create an agent", Policy::role(Role::member, "agents:write"))
#include <initializer_list>
#include <type_traits>
#include <utility>

#include "api/request_context.hpp"
#include "api/route.hpp"

namespace agentic::api {

/// A handler's parameter that is read from the query string instead of the body.
template <class T>
struct Query : T {};

/// Answers other than 200 with a body. Task<> is 204.
template <class T>
struct Created { T value; };
template <class T>
struct Accepted { T value; };

http::Response json_response(int status, std::string body);

namespace detail {

template <class T> struct IsQuery : std::false_type {};
template <class T> struct IsQuery<Query<T>> : std::true_type { using Type = T; };

template <class Out> struct OutTraits {
    static ResponseDoc doc() { return {200, &schema::Codec<Out>::type(), "OK"}; }
    static http::Response respond(const Out& out) { return json_response(200, schema::to_json(out)); }
};
template <class T> struct OutTraits<Created<T>> {
    static ResponseDoc doc() { return {201, &schema::Codec<T>::type(), "Created"}; }
    static http::Response respond(const Created<T>& out) { return json_response(201, schema::to_json(out.value)); }
};
template <class T> struct OutTraits<Accepted<T>> {
    static ResponseDoc doc() { return {202, &schema::Codec<T>::type(), "Accepted"}; }
    static http::Response respond(const Accepted<T>& out) { return json_response(202, schema::to_json(out.value)); }
};
template <> struct OutTraits<void> {
    static ResponseDoc doc() { return {204, nullptr, "Done"}; }
};

template <class Fn> struct Signature;
template <class Out, class... In>
struct Signature<Task<Out> (*)(RequestContext&, In...)> {
    using Output = Out;
    static constexpr bool is_raw = std::is_same_v<Out, http::Response>;
    static const schema::Type* query() { return first({query_of<In>()...}); }
    static const schema::Type* body() { return first({body_of<In>()...}); }

private:
    template <class T>
    static const schema::Type* query_of() {
        if constexpr (IsQuery<T>::value) return &schema::Codec<typename IsQuery<T>::Type>::type();
        else return nullptr;
    }
    template <class T>
    static const schema::Type* body_of() {
        if constexpr (IsQuery<T>::value) return nullptr;
        else return &schema::Codec<T>::type();
    }
    static const schema::Type* first(std::initializer_list<const schema::Type*> types) {
        for (const auto* type : types)
            if (type) return type;
        return nullptr;
    }
};

template <class T>
Result<T> read_input(RequestContext& ctx) {
    if constexpr (IsQuery<T>::value) {
        return schema::Codec<typename IsQuery<T>::Type>::parse_query(ctx.request.query).transform([](auto value) { return T{std::move(value)}; });
    } else {
        AGENTIC_CHECK(require_json(ctx.request));
        return schema::Codec<T>::parse(ctx.request.body);
    }
}

template <class Out>
Result<http::Response> respond(Result<Out> result) {
    if (!result) return std::unexpected(std::move(result).error());
    if constexpr (std::is_void_v<Out>) return http::Response{.status = 204};
    else if constexpr (std::is_same_v<Out, http::Response>) return *std::move(result);
    else return OutTraits<Out>::respond(*result);
}

// One coroutine between the dispatcher and the endpoint, whatever it takes.
template <auto fn, class Out>
Task<http::Response> call(RequestContext& ctx, Task<Out> (*)(RequestContext&)) {
    co_return respond<Out>(co_await fn(ctx));
}
template <auto fn, class Out, class A>
Task<http::Response> call(RequestContext& ctx, Task<Out> (*)(RequestContext&, A)) {
    AGENTIC_CO_TRY(auto a, read_input<A>(ctx));
    co_return respond<Out>(co_await fn(ctx, std::move(a)));
}
template <auto fn, class Out, class A, class B>
Task<http::Response> call(RequestContext& ctx, Task<Out> (*)(RequestContext&, A, B)) {
    AGENTIC_CO_TRY(auto a, read_input<A>(ctx));
    AGENTIC_CO_TRY(auto b, read_input<B>(ctx));
    co_return respond<Out>(co_await fn(ctx, std::move(a), std::move(b)));
}

template <auto fn>
Task<http::Response> handle(RequestContext& ctx) { return call<fn>(ctx, fn); }

}  // namespace detail

/// A route row. `responses` is needed only by handlers that build their own http::Response.
template <auto fn>
Route endpoint(http::Method method, std::string_view path, std::string_view operation_id, std::string_view tag, std::string_view summary, Policy policy,
               std::vector<ResponseDoc> responses = {}) {
    using S = detail::Signature<decltype(fn)>;
    if constexpr (!S::is_raw) responses.insert(responses.begin(), detail::OutTraits<typename S::Output>::doc());
    return Route{method, path, operation_id, tag, summary, policy, S::query(), S::body(), std::move(responses), &detail::handle<fn>};
}

}  // namespace agentic::api

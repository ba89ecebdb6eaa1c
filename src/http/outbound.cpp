#include "http/outbound.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/outbound_loop.hpp"
#include "http/outbound_url.hpp"

namespace agentic::http {
namespace {

/// The loops of one io_context, one per client. As a service of the context it dies with it, after the client or before.
class LoopService final : public asio::execution_context::service {
public:
    using key_type = LoopService;
    inline static asio::execution_context::id id;

    explicit LoopService(asio::execution_context& context) : service(context), context_(static_cast<asio::io_context&>(context)) {
        // Makes the reactor's own services older than this one, so that they outlive it.
        const async::SteadyTimer timer(context_);
        const asio::posix::basic_stream_descriptor<IoExecutor> descriptor(context_);
    }

    CurlLoop& loop(const std::shared_ptr<const OutboundSettings>& settings) {
        for (const auto& loop : loops_) {
            if (&loop->settings() == settings.get()) return *loop;
        }
        return *loops_.emplace_back(std::make_unique<CurlLoop>(context_, settings));
    }

private:
    void shutdown() override { loops_.clear(); }

    asio::io_context& context_;
    std::vector<std::unique_ptr<CurlLoop>> loops_;
};

bool is_redirect(const OutboundResponse& response) {
    return std::ranges::contains(std::array{301, 302, 303, 307, 308}, response.status) && !response.header("location").empty();
}

// What the next hop may carry: never secrets to another origin, no body where the method changes (RFC 9110 section 15.4).
void follow(OutboundRequest& request, int status, std::string location) {
    const auto from = parse_outbound_url(request.url);
    const auto to = parse_outbound_url(location);
    if (!from || !to || *from != *to) request.secret_headers.clear();
    if (status == 303 || (status < 303 && request.method == "POST")) {
        request.method = request.method == "HEAD" ? "HEAD" : "GET";
        request.body.clear();
        std::erase_if(request.headers, [](const auto& field) { return field.first == "content-type" || field.first == "Content-Type"; });
    }
    request.url = std::move(location);
}

class CurlClient final : public OutboundClient {
public:
    explicit CurlClient(std::shared_ptr<const OutboundSettings> settings) : settings_(std::move(settings)) {}

    Task<OutboundResponse> send(OutboundRequest request) override {
        int hops_left = request.max_redirects;
        if (hops_left == 0) co_return co_await exchange(std::move(request));
        const auto until = std::chrono::steady_clock::now() + request.total_timeout;
        for (bool redirected = false;; redirected = true) {
            AGENTIC_CO_TRY(auto response, co_await exchange(request));
            if (redirected) response.url = request.url;
            if (hops_left-- == 0 || !is_redirect(response)) co_return response;
            follow(request, response.status, resolve_location(request.url, response.header("location")));
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
            request.total_timeout = std::max(left, std::chrono::milliseconds(1));
        }
    }

private:
    Task<OutboundResponse> exchange(OutboundRequest request) {
        AGENTIC_CO_CHECK(settings_->policy->check_url(request.url));
        const IoExecutor executor = co_await asio::this_coro::executor;
        auto& loop = asio::use_service<LoopService>(executor.context()).loop(settings_);
        asio::use_awaitable_t<IoExecutor> token;
        co_return co_await asio::async_initiate<asio::use_awaitable_t<IoExecutor>, void(Result<OutboundResponse>)>(
            [&loop](auto handler, OutboundRequest call) { loop.start(std::move(call), std::move(handler)); }, token, std::move(request));
    }

    std::shared_ptr<const OutboundSettings> settings_;  // shared with the loops, which belong to their io_contexts
};

Result<std::vector<std::shared_ptr<X509>>> read_authorities(const std::string& path) {
    std::vector<std::shared_ptr<X509>> out;
    const std::unique_ptr<BIO, int (*)(BIO*)> file(BIO_new_file(path.c_str(), "r"), BIO_free);
    while (file) {
        X509* certificate = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr);
        if (certificate == nullptr) break;
        out.emplace_back(certificate, X509_free);
    }
    if (out.empty()) return fail_validation({{"ca_file", "must be a readable PEM file with at least one certificate"}});
    return out;
}

}  // namespace

std::string_view OutboundResponse::header(std::string_view lower_case_name) const {
    const auto found = std::ranges::find(headers, lower_case_name, &std::pair<std::string, std::string>::first);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<void> GuardedPolicy::check_url(std::string_view url) const {
    AGENTIC_TRY(const auto target, parse_outbound_url(url));
    const auto literal = IpAddress::parse(target.host);  // a name is checked when it has become an address; behind a proxy only this check sees it
    if (literal && !guard_.allows(*literal, target.port)) return fail(ErrorCode::forbidden, "The server's address is not allowed");
    return {};
}

Result<std::unique_ptr<OutboundClient>> make_outbound_client(std::unique_ptr<const ConnectPolicy> policy, OutboundOptions options) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) return fail(ErrorCode::internal_error, "The outbound client cannot start", curl_easy_strerror(ready));
    if (!options.proxy.empty() && !parse_outbound_url(options.proxy)) return fail_validation({{"proxy", "must be an http or https URL"}});
    auto settings = std::make_shared<OutboundSettings>();
    if (!options.ca_file.empty()) {
        AGENTIC_TRY(settings->extra_authorities, read_authorities(options.ca_file));
    }
    settings->policy = std::move(policy);
    settings->options = std::move(options);
    return std::make_unique<CurlClient>(std::move(settings));
}

}  // namespace agentic::http

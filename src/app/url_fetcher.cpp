#include "app/url_fetcher.hpp"

#include <format>
#include <utility>

namespace agentic::app {
namespace {

constexpr std::chrono::seconds kTotal{120}, kIdle{30};
constexpr int kRedirectsMax = 5;

/// What says that asking again later may help.
bool may_pass(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

}  // namespace

Task<services::FetchedFile> OutboundFetcher::fetch(std::string url, std::size_t limit) {
    http::OutboundRequest request{.method = "GET", .url = url};
    request.headers.emplace_back("Accept", "text/html, text/markdown, text/plain, application/pdf, */*;q=0.5");
    request.total_timeout = kTotal;
    request.idle_timeout = kIdle;
    request.max_response_bytes = limit;
    request.accept_compressed = true;
    request.max_redirects = kRedirectsMax;
    AGENTIC_CO_TRY(auto response, co_await outbound_.send(std::move(request)));
    if (response.status < 200 || response.status > 299) {
        co_return fail(may_pass(response.status) ? ErrorCode::upstream_error : ErrorCode::bad_request, std::format("The server answered {} to the request for the document", response.status));
    }
    if (response.body.empty()) co_return fail(ErrorCode::bad_request, "The document at the URL is empty");
    auto media_type = std::string(response.header("content-type"));
    auto from = response.url.empty() ? std::move(url) : std::move(response.url);
    co_return services::FetchedFile{.bytes = std::move(response.body), .media_type = std::move(media_type), .url = std::move(from)};
}

}  // namespace agentic::app

// One exchange: the options of its easy handle, curl's data callbacks, and what its end means.
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "core/trim.hpp"
#include "http/grammar.hpp"
#include "http/message.hpp"
#include "http/outbound_loop.hpp"
#include "http/outbound_url.hpp"

namespace agentic::http {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 64 << 10;
constexpr std::uint64_t kMaxErrorBodyBytes = 64 << 10;

// False when the field cannot be sent as it is. An empty value is sent as such: curl writes that as "Name;".
bool append_header(curl_slist*& list, std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value)) return false;
    std::string line(name);
    line.append(value.empty() ? ";" : ": ").append(value);
    curl_slist* longer = curl_slist_append(list, line.c_str());
    std::ranges::fill(line, '\0');
    if (longer == nullptr) throw std::bad_alloc();
    list = longer;
    return true;
}

bool has_header(const OutboundRequest& request, std::string_view name) {
    return std::ranges::any_of(request.headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

void add_response_header(OutboundResponse& response, std::string_view line) {
    const auto colon = line.find(':');
    if (colon == line.npos) return;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    response.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::string_view line(data, size);
    transfer.header_bytes += size;
    if (transfer.header_bytes > kMaxHeaderBytes) {
        transfer.ending = Transfer::Ending::too_large;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        transfer.response.headers.clear();  // of an interim answer
        transfer.response.status = 0;
    } else {
        add_response_header(transfer.response, line);
    }
    return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    auto& response = transfer.response;
    if (transfer.ending != Transfer::Ending::none) return CURL_WRITEFUNC_ERROR;
    if (response.status == 0) {
        long status = 0;
        curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
        response.status = static_cast<int>(status);
    }
    transfer.last_progress = std::chrono::steady_clock::now();
    transfer.body_bytes += size;
    if (transfer.body_bytes > transfer.request.max_response_bytes) {
        transfer.ending = Transfer::Ending::too_large;
        return CURL_WRITEFUNC_ERROR;
    }
    const std::string_view piece(data, size);
    if (!transfer.request.on_data) {
        response.body.append(piece);
    } else if (response.status >= 300) {
        response.body.append(piece.substr(0, kMaxErrorBodyBytes - std::min<std::uint64_t>(kMaxErrorBodyBytes, response.body.size())));
    } else if (!transfer.request.on_data(piece)) {
        if (transfer.ending == Transfer::Ending::none) transfer.ending = Transfer::Ending::stopped;
        return CURL_WRITEFUNC_ERROR;
    }
    return size;
}

curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    return transfer.loop.open_socket(transfer, *address);
}

CURLcode on_tls_context(CURL*, void* tls, void* self) {
    X509_STORE* store = SSL_CTX_get_cert_store(static_cast<SSL_CTX*>(tls));
    for (const auto& authority : static_cast<Transfer*>(self)->loop.settings().extra_authorities) {
        if (X509_STORE_add_cert(store, authority.get()) != 1) return CURLE_SSL_CACERT_BADFILE;
    }
    return CURLE_OK;
}

void set_callbacks(CURL* easy, Transfer* transfer) {
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
}

void set_connection(CURL* easy, Transfer* transfer) {
    const auto& settings = transfer->loop.settings();
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a call that ends while its name is looked up leaves the lookup's thread behind: waiting for it would stop this one
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, settings.options.proxy.c_str());  // "" also keeps curl from reading the environment
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!settings.extra_authorities.empty()) {
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer);
    }
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, settings.options.user_agent.c_str());
}

// The body is referred to, not copied: it lives in the transfer's request.
void set_method(CURL* easy, const OutboundRequest& request) {
    if (request.method == "GET" && request.body.empty()) return;
    if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method == "POST" ? nullptr : request.method.c_str());
    if (request.body.empty() && request.method != "POST" && request.method != "PUT" && request.method != "PATCH") return;
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
}

}  // namespace

Transfer::~Transfer() {
    clear();
    curl_easy_cleanup(easy);
}

void Transfer::clear() {
    for (const curl_slist* line = header_list; line != nullptr; line = line->next) ::explicit_bzero(line->data, std::strlen(line->data));
    curl_slist_free_all(header_list);
    header_list = nullptr;
    request = {};
    response = {};
    handler = nullptr;
    ending = Ending::none;
    refused = false;
    header_bytes = body_bytes = 0;
    sent_bytes = 0;
}

Result<void> Transfer::prepare(OutboundRequest new_request) {
    request = std::move(new_request);
    if (!is_token(request.method)) return fail(ErrorCode::bad_request, "The HTTP method is malformed");
    bool well_formed = true;
    for (const auto& [name, value] : request.headers) well_formed = well_formed && append_header(header_list, name, value);
    for (const auto& [name, value] : request.secret_headers) well_formed = well_formed && append_header(header_list, name, value.reveal());
    if (!well_formed) return fail(ErrorCode::bad_request, "A request header is malformed");
    for (const char* line : {"Expect:", has_header(request, "content-type") ? nullptr : "Content-Type:"}) {  // none of curl's own
        if (line != nullptr) header_list = curl_slist_append(header_list, line);
    }
    curl_easy_reset(easy);
    set_callbacks(easy, this);
    set_connection(easy, this);
    set_method(easy, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::clamp<std::int64_t>(request.connect_timeout.count(), 1, 3'600'000)));
    if (request.accept_compressed) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    if (request.url.starts_with("https:")) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);  // rather one more stream than one more connection
    if (curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str()) != CURLE_OK) return fail(ErrorCode::bad_request, "The URL is not allowed: it is malformed");
    last_progress = std::chrono::steady_clock::now();
    deadline = last_progress + request.total_timeout;
    return {};
}

Result<OutboundResponse> Transfer::take_result(CURLcode code) {
    const auto target = parse_outbound_url(request.url);
    const std::string where = (target ? target->host : "?") + std::string(": ") + curl_easy_strerror(code);  // the URL itself may hold a key
    if (ending == Ending::cancelled) return fail(ErrorCode::cancelled, "The call was cancelled", where);
    if (ending == Ending::timed_out) return fail(ErrorCode::deadline_exceeded, "The server did not answer in time", where);
    if (ending == Ending::too_large) return fail(ErrorCode::upstream_error, "The server's answer is too large", where);
    if (code == CURLE_OK || ending == Ending::stopped) {
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        response.status = static_cast<int>(status);
        return std::move(response);
    }
    if (refused) return fail(ErrorCode::forbidden, "The server's address is not allowed", where);
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT: return fail(ErrorCode::deadline_exceeded, "The server did not answer in time", where);
        case CURLE_COULDNT_RESOLVE_HOST: return fail(ErrorCode::upstream_error, "The server's name could not be resolved", where);
        case CURLE_COULDNT_CONNECT: return fail(ErrorCode::upstream_error, "The server could not be reached", where);
        case CURLE_PEER_FAILED_VERIFICATION: return fail(ErrorCode::upstream_error, "The server's TLS certificate could not be verified", where);
        default: return fail(ErrorCode::upstream_error, "The connection to the server failed", where);
    }
}

}  // namespace agentic::http

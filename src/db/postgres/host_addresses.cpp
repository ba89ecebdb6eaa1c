#include "db/postgres/host_addresses.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <vector>

#include "db/postgres/errors.hpp"

namespace agentic::db::postgres {
namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, IoExecutor>;

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        parts.emplace_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

struct Target {
    std::vector<std::string> hosts;
    std::vector<std::string> ports;  // one for all, or one each
};

/// nullopt: libpq needs no name server for it, or will say better what is wrong with it.
std::optional<Target> target_of(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
    Target target{{}, {""}};
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        const std::string_view key(option->keyword);
        if (option->val == nullptr || *option->val == '\0') continue;
        if (key == "hostaddr") return std::nullopt;
        if (key == "host") target.hosts = split(option->val);
        if (key == "port") target.ports = split(option->val);
    }
    if (target.ports.size() != 1 && target.ports.size() != target.hosts.size()) return std::nullopt;
    return target;
}

bool is_name(const std::string& host) {
    boost::system::error_code no_address;
    asio::ip::make_address(host, no_address);
    return !host.empty() && host[0] != '/' && host[0] != '@' && no_address;
}

void add(std::string& list, std::string_view part, bool is_first) {
    if (!is_first) list += ',';
    list += part;
}

}  // namespace

Task<std::optional<HostAddresses>> resolve_hosts(IoExecutor executor, std::string url, std::chrono::milliseconds timeout) {
    const auto target = target_of(url);
    if (!target || std::ranges::none_of(target->hosts, is_name)) co_return std::nullopt;
    HostAddresses out;
    std::string why;
    bool is_first = true;
    for (std::size_t i = 0; i < target->hosts.size(); ++i) {
        const auto& host = target->hosts[i];
        std::vector<std::string> addresses{""};  // libpq takes the host as it is
        if (is_name(host)) {
            Resolver resolver(executor);
            boost::system::error_code failed;
            const auto found = co_await resolver.async_resolve(host, "", asio::cancel_after(timeout, asio::redirect_error(asio::use_awaitable_t<IoExecutor>(), failed)));
            if (failed) why = "cannot find " + host + ": " + failed.message();
            addresses.clear();
            for (const auto& entry : found) addresses.push_back(entry.endpoint().address().to_string());
        }
        for (const auto& address : addresses) {
            add(out.hosts, host, is_first);
            add(out.addresses, address, is_first);
            add(out.ports, target->ports[target->ports.size() == 1 ? 0 : i], is_first);
            is_first = false;
        }
    }
    if (is_first) co_return std::unexpected(unavailable("connect: " + why));
    co_return out;
}

}  // namespace agentic::db::postgres

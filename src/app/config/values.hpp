#pragma once
// How one setting's text becomes a value, and the words for it: every reader knows its class and its rule, so that errors, help and documentation agree.
#include <cstdint>
#include <expected>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agentic::app {

using Value = std::variant<std::int64_t, std::string, std::vector<std::string>>;

/// What may be shown of a value: all of it, a URL without its password, or only whether it is set.
enum class Visibility : std::uint8_t { open, url, secret };

struct Reader {
    std::string value_class;  // "integer"
    std::string rule;         // "from 0 to 65535"; "" when any value of the class will do
    Visibility visibility = Visibility::open;
    std::function<bool(std::string_view text, Value& out)> read;  // false: the rule is broken; a list leaves the one entry that breaks it in `out`
};

Reader integer(std::int64_t min, std::int64_t max);
/// The value is the index of the choice.
Reader choice(std::initializer_list<std::string_view> choices);
/// The same, but the value is the word itself.
Reader word(std::initializer_list<std::string_view> choices);
Reader text(std::size_t min, std::size_t max);
Reader path();
/// An IPv4 or IPv6 address to listen on.
Reader ip_address();
Reader secret(std::size_t min_length);
/// An absolute URL with one of the schemes; kept as it is, without a trailing slash.
Reader url(std::initializer_list<std::string_view> schemes);
/// `postgresql://`, `postgres://` and SQLAlchemy's `postgresql+driver://`; the value always starts with `postgresql://`.
Reader postgres_url();
/// `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS.
Reader redis_url();
Reader sentry_dsn();
/// A comma-separated list of `scheme://host[:port]`; `*` is refused, because credentials are always allowed.
Reader origins();
enum class Ports : std::uint8_t { refused, allowed };
/// A comma-separated list of `address[/bits]`, with `:port` where allowed: IPv6 then stands in brackets.
Reader networks(Ports ports);
/// A comma-separated list of `model=dimensions`.
Reader model_sizes();

/// The text with the passwords of a URL replaced by `***`: the user's, and those that libpq takes in the query (`?password=`, `&sslpassword=`).
std::string without_passwords(std::string_view url);
/// Those passwords, decoded.
std::vector<std::string> passwords_of(std::string_view url);

}  // namespace agentic::app

#include <boost/version.hpp>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <libpq-fe.h>

#include <format>
#include <print>

#include "app/cli/commands.hpp"

namespace agentic::app {

std::string_view version_text() { return AGENTIC_VERSION; }

int version(const Invocation& invocation) {
    const auto boost = std::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
    const auto libpq = std::format("{}.{}", PQlibVersion() / 10000, PQlibVersion() % 10000);
    if (invocation.output == Output::json) {
        std::println(R"({{"version":"{}","boost":"{}","openssl":"{}","sqlite":"{}","libpq":"{}"}})", version_text(), boost, OpenSSL_version(OPENSSL_VERSION_STRING),
                     sqlite3_libversion(), libpq);
    } else {
        std::println("agentic {}\nBoost {}, OpenSSL {}, SQLite {}, libpq {}", version_text(), boost, OpenSSL_version(OPENSSL_VERSION_STRING), sqlite3_libversion(), libpq);
    }
    return 0;
}

}  // namespace agentic::app

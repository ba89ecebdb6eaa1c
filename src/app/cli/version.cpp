#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include <boost/version.hpp>
#include <format>
#include <print>

#include "app/cli/commands.hpp"

namespace agentic::app {

std::string_view version_text() { return AGENTIC_VERSION; }

std::string library_versions() {
    return std::format("Boost {}.{}.{}, OpenSSL {}, SQLite {}, libpq {}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100,
                       OpenSSL_version(OPENSSL_VERSION_STRING), sqlite3_libversion(), PQlibVersion() / 10000, PQlibVersion() % 10000);
}

int version(const Invocation& invocation) {
    if (invocation.output == Output::json) std::println(R"({{"version":"{}","libraries":"{}"}})", version_text(), library_versions());
    else std::println("agentic {}\n{}", version_text(), library_versions());
    return 0;
}

}  // namespace agentic::app

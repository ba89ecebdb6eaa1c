#include "app/config/weak_secret.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace agentic::app {
namespace {

/// Lower case, letters and digits only: "Change-Me" and "CHANGE_ME" are the same sample.
std::string folded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
    }
    return out;
}

// Words of sample files. All are so long that a random secret practically never contains one.
constexpr std::array<std::string_view, 22> kSampleWords = {
    "changeme", "changethis", "changeit", "replaceme", "replacethis", "yoursecret", "yourjwt", "yourkey", "yourapikey", "yoursuper",
    "supersecret", "secretkey", "mysecret", "jwtsecret", "secretsecret", "placeholder", "example", "insecure", "defaultsecret", "topsecret",
    "password", "donotuse"};

// Published secrets that look random.
constexpr std::array<std::string_view, 3> kPublished = {
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",  // FastAPI's security tutorial
    "your256bitsecret", "0123456789abcdef"};

constexpr std::array<std::string_view, 12> kDefaultPasswords = {
    "postgres", "password", "admin", "root", "secret", "changeme", "example", "test", "agentic", "12345678", "user", "pass"};

/// Most neighbouring characters differ by at most one: "aaaa", "abcdef", "123456789".
bool is_run(std::string_view secret) {
    std::size_t near = 0;
    for (std::size_t i = 1; i < secret.size(); ++i) near += std::abs(secret[i] - secret[i - 1]) <= 1 ? 1 : 0;
    return near * 2 > secret.size();
}

}  // namespace

std::string_view weakness_of(std::string_view secret) {
    const auto plain = folded(secret);
    const auto appears = [&](std::string_view sample) { return plain.contains(sample); };
    if (secret.contains("...")) return "is a placeholder";
    if (std::ranges::any_of(kSampleWords, appears)) return "is a sample secret";
    if (std::ranges::any_of(kPublished, appears)) return "is a published secret";
    if (secret.size() >= 16 && std::set<char>(secret.begin(), secret.end()).size() < 8) return "repeats a few characters";
    if (is_run(secret)) return "follows a simple sequence";
    return {};
}

bool is_default_password(std::string_view password) { return std::ranges::contains(kDefaultPasswords, folded(password)); }

}  // namespace agentic::app

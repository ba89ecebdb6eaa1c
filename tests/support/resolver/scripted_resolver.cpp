#include "support/scripted_resolver.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

namespace agentic::test {
namespace {

struct Script {
    std::vector<std::vector<std::string>> answers;
    std::chrono::milliseconds delay{};
    int lookups = 0;
};
std::mutex mutex;  // libcurl resolves on threads of its own
std::map<std::string, Script>& scripts() {
    static std::map<std::string, Script> all;
    return all;
}

using Resolve = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

int resolve_really(const char* node, const char* service, const addrinfo* hints, addrinfo** out) {
    static const auto real = reinterpret_cast<Resolve>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(node, service, hints, out);
}

}  // namespace

void script_name(const std::string& name, std::vector<std::vector<std::string>> answers, std::chrono::milliseconds delay) {
    const std::lock_guard lock(mutex);
    scripts()[name] = {.answers = std::move(answers), .delay = delay};
}

int lookups_of(const std::string& name) {
    const std::lock_guard lock(mutex);
    return scripts()[name].lookups;
}

int resolve(const char* node, const char* service, const addrinfo* hints, addrinfo** out) {
    std::vector<std::string> addresses;
    std::chrono::milliseconds delay{};
    {
        const std::lock_guard lock(mutex);
        const auto found = node == nullptr ? scripts().end() : scripts().find(node);
        if (found == scripts().end()) return resolve_really(node, service, hints, out);
        auto& script = found->second;
        delay = script.delay;
        addresses = script.answers[std::min<std::size_t>(static_cast<std::size_t>(script.lookups++), script.answers.size() - 1)];
    }
    std::this_thread::sleep_for(delay);
    *out = nullptr;
    addrinfo** end = out;
    for (const auto& address : addresses) {
        if (resolve_really(address.c_str(), service, hints, end) != 0) continue;  // of the other family
        while (*end != nullptr) end = &(*end)->ai_next;
    }
    return *out == nullptr ? EAI_NONAME : 0;
}

}  // namespace agentic::test

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** out) {
    return agentic::test::resolve(node, service, hints, out);
}

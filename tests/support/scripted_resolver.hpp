#pragma once
// Replaces getaddrinfo of the whole test program (libcurl's resolver included): names ending in ".test" answer from a script, a different answer at each
// lookup if wanted, which is what a DNS server with a time to live of 0 does to a client. Everything else goes to the real resolver.
#include <chrono>
#include <string>
#include <vector>

namespace agentic::test {

/// `answers[n]` is the list of addresses of the n-th lookup; the last one repeats. Each takes `delay`.
void script_name(const std::string& name, std::vector<std::vector<std::string>> answers, std::chrono::milliseconds delay = {});
int lookups_of(const std::string& name);

}  // namespace agentic::test

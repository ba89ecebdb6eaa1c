// Replaces getifaddrs of the whole test program: this machine has one interface, with the public address 8.8.8.8.
#include <ifaddrs.h>
#include <netinet/in.h>

namespace {

sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(0x08080808)}, .sin_zero = {}};
char name[] = "scripted0";
ifaddrs interface{.ifa_next = nullptr, .ifa_name = name, .ifa_flags = 0, .ifa_addr = reinterpret_cast<sockaddr*>(&address), .ifa_netmask = nullptr, .ifa_ifu = {}, .ifa_data = nullptr};

}  // namespace

extern "C" __attribute__((visibility("default"))) int getifaddrs(ifaddrs** out) noexcept {
    *out = &interface;
    return 0;
}
extern "C" __attribute__((visibility("default"))) void freeifaddrs(ifaddrs*) noexcept {}

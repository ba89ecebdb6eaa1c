#include "app/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

namespace agentic::app {
namespace {

TEST(ServiceManager, HearsTheState) {
    const auto path = testing::TempDir() + "notify.sock";
    unlink(path.c_str());
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    notify_service_manager("READY=1");
    unsetenv("NOTIFY_SOCKET");
    std::array<char, 64> received{};
    EXPECT_EQ(recv(socket, received.data(), received.size(), MSG_DONTWAIT), 7);
    EXPECT_STREQ(received.data(), "READY=1");
    close(socket);
    notify_service_manager("READY=1");  // without a manager: nothing happens
}

}  // namespace
}  // namespace agentic::app

#pragma once
#include <string_view>

namespace agentic::app {

/// Tells the service manager (systemd, Type=notify) about a change of state, such as "READY=1" or "STOPPING=1", over the datagram socket it named
/// in NOTIFY_SOCKET. Does nothing when there is none; a lost notice is not an error.
void notify_service_manager(std::string_view state);

}  // namespace agentic::app

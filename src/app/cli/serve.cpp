#include "app/application.hpp"
#include "app/cli/commands.hpp"
#include "app/log_sink.hpp"
#include "app/signals.hpp"

namespace agentic::app {

int serve(const Invocation& invocation, const ServeOptions& options) {
    take_signals();
    auto config = checked_config(invocation, true);
    if (!config) return failed(config.error());
    const LogWriter log(config->log);
    auto application = Application::create(*std::move(config), options);
    if (!application) return failed(application.error());
    (*application)->run();
    return 0;
}

}  // namespace agentic::app

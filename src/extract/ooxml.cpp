#include "extract/ooxml.hpp"

#include "extract/failed.hpp"

namespace agentic::extract {
namespace {

std::string folder_of(std::string_view part) {
    const auto slash = part.rfind('/');
    return slash == std::string_view::npos ? std::string() : std::string(part.substr(0, slash + 1));
}

/// `target` as relationships write it: relative to the part's folder, or from the package's root.
std::string resolve(std::string_view folder, std::string_view target) {
    if (target.starts_with('/')) return std::string(target.substr(1));
    while (target.starts_with("../") && !folder.empty()) {
        target.remove_prefix(3);
        const auto slash = folder.substr(0, folder.size() - 1).rfind('/');
        folder = slash == std::string_view::npos ? std::string_view() : folder.substr(0, slash + 1);
    }
    return std::string(folder) + std::string(target);
}

}  // namespace

std::unique_ptr<XmlPart> load_part(ZipPackage& package, const std::string& name) {
    auto bytes = package.read(name);
    if (!bytes) return nullptr;
    auto part = std::make_unique<XmlPart>();
    part->bytes = *std::move(bytes);
    const auto parsed = part->document.load_buffer_inplace(part->bytes.data(), part->bytes.size(), pugi::parse_default | pugi::parse_ws_pcdata);
    if (parsed.status == pugi::status_out_of_memory) fail_with(knowledge::ExtractionFailure::memory_limit);
    if (!parsed) fail_with(knowledge::ExtractionFailure::malformed);
    return part;
}

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
    for (const auto& each : node.children()) {
        if (local_name(each) == name) return each;
    }
    return {};
}

std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
    for (const auto& each : node.attributes()) {
        const std::string_view full = each.name();
        const auto colon = full.find(':');
        if ((colon == std::string_view::npos ? full : full.substr(colon + 1)) == name) return each.value();
    }
    return {};
}

std::unordered_map<std::string, Relationship> relationships_of(ZipPackage& package, const std::string& part) {
    std::unordered_map<std::string, Relationship> out;
    const auto folder = folder_of(part);
    const auto rels = load_part(package, folder + "_rels/" + part.substr(folder.size()) + ".rels");
    if (!rels) return out;
    for (const auto& node : rels->document.document_element().children()) {
        if (local_name(node) != "Relationship" || attribute(node, "TargetMode") == "External") continue;
        const auto type = attribute(node, "Type");
        out[std::string(attribute(node, "Id"))] = {std::string(type.substr(type.rfind('/') + 1)), resolve(folder, attribute(node, "Target"))};
    }
    return out;
}

std::string main_part(ZipPackage& package) {
    for (const auto& [id, relationship] : relationships_of(package, "")) {
        if (relationship.type == "officeDocument") return relationship.target;
    }
    for (const auto* usual : {"word/document.xml", "ppt/presentation.xml", "xl/workbook.xml"}) {
        if (package.has(usual)) return usual;
    }
    return {};
}

void read_core_properties(ZipPackage& package, DocumentBuilder& out) {
    const auto part = load_part(package, "docProps/core.xml");
    if (!part) return;
    const auto root = part->document.document_element();
    out.set_title(child(root, "title").text().get());
    out.set_author(child(root, "creator").text().get());
    out.set_language(child(root, "language").text().get());
}

}  // namespace agentic::extract

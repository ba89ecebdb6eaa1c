#pragma once
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "extract/document_builder.hpp"
#include "extract/zip_package.hpp"

// What DOCX, PPTX and XLSX share (ECMA-376, Open Packaging Conventions): parts, relationships, properties.
namespace agentic::extract {

/// A part's XML and the bytes it was parsed in. The parser expands only the five built-in entities and reads no document types.
struct XmlPart {
    std::string bytes;
    pugi::xml_document document;
};

/// Null when the package has no such part. Throws Failed{malformed} when it is not XML.
std::unique_ptr<XmlPart> load_part(ZipPackage& package, const std::string& name);

/// The name without its namespace prefix, which files choose freely.
std::string_view local_name(const pugi::xml_node& node);
pugi::xml_node child(const pugi::xml_node& node, std::string_view name);
/// The attribute of this local name, empty when there is none.
std::string_view attribute(const pugi::xml_node& node, std::string_view name);

struct Relationship {
    std::string type;     // the last segment of its URI: "slide", "officeDocument"
    std::string target;   // part name within the package
};
/// By relationship id. External targets (links, remote templates, images) are left out: nothing is ever fetched.
std::unordered_map<std::string, Relationship> relationships_of(ZipPackage& package, const std::string& part);

/// The main part's name, empty when the package is no Office document.
std::string main_part(ZipPackage& package);

/// Title, author and language from docProps/core.xml.
void read_core_properties(ZipPackage& package, DocumentBuilder& out);

/// XML nests no deeper in real documents; deeper ones fail as malformed.
inline constexpr int kXmlDepthMax = 200;

}  // namespace agentic::extract

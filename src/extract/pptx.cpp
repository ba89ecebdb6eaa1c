#include "extract/failed.hpp"
#include "extract/office.hpp"
#include "extract/ooxml.hpp"

namespace agentic::extract {
namespace {

using knowledge::BlockKind;

class SlideReader {
public:
    SlideReader(std::uint32_t page, DocumentBuilder& out) : page_(page), out_(out) {}

    /// Shapes in the order of the file, groups and tables inside.
    void read(const pugi::xml_node& parent, bool notes) {
        if (++depth_ > kXmlDepthMax) fail_with(knowledge::ExtractionFailure::malformed);
        for (const auto& node : parent.children()) {
            const auto name = local_name(node);
            if (name == "sp") read_shape(node, notes);
            else if (name == "tbl") out_.add(BlockKind::table, table_text(node), 0, page_);
            else if (name == "AlternateContent") read(child(node, "Choice"), notes);
            else read(node, notes);
        }
        --depth_;
    }

private:
    void read_shape(const pugi::xml_node& shape, bool notes) {
        const auto type = attribute(child(child(child(shape, "nvSpPr"), "nvPr"), "ph"), "type");
        if (type == "sldNum" || type == "dt" || type == "ftr" || type == "hdr" || type == "sldImg") return;
        const bool title = type == "title" || type == "ctrTitle";
        for (const auto& node : child(shape, "txBody").children()) {
            if (local_name(node) != "p") continue;
            const auto level = attribute(child(node, "pPr"), "lvl");
            const bool item = type.empty() ? !level.empty() : type == "body" || type == "obj";
            out_.add(notes ? BlockKind::footnote : title ? BlockKind::heading : item ? BlockKind::list_item : BlockKind::paragraph, paragraph_text(node), title && !notes ? 1 : 0, page_);
        }
    }

    static std::string paragraph_text(const pugi::xml_node& paragraph) {
        std::string out;
        for (const auto& run : paragraph.children()) {
            if (local_name(run) == "br") out += '\n';
            else out += child(run, "t").text().get();
        }
        return out;
    }

    static std::string table_text(const pugi::xml_node& table) {
        std::string out;
        for (const auto& row : table.children()) {
            if (local_name(row) != "tr") continue;
            std::string line;
            for (const auto& cell : row.children()) {
                if (local_name(cell) != "tc") continue;
                if (!line.empty()) line += " | ";
                for (const auto& paragraph : child(cell, "txBody").children()) line += paragraph_text(paragraph);
            }
            out += line + '\n';
        }
        return out;
    }

    std::uint32_t page_;
    DocumentBuilder& out_;
    int depth_ = 0;
};

}  // namespace

void read_pptx(ZipPackage& package, const std::string& presentation, DocumentBuilder& out) {
    const auto main = load_part(package, presentation);
    if (!main) fail_with(knowledge::ExtractionFailure::malformed);
    const auto slides = relationships_of(package, presentation);
    std::uint32_t page = 0;
    for (const auto& entry : child(main->document.document_element(), "sldIdLst").children()) {
        const auto slide = slides.find(entry.attribute("r:id").value());
        if (slide == slides.end()) continue;
        ++page;
        const auto part = load_part(package, slide->second.target);
        if (!part) continue;
        SlideReader(page, out).read(child(child(part->document.document_element(), "cSld"), "spTree"), false);
        for (const auto& [id, relationship] : relationships_of(package, slide->second.target)) {
            if (relationship.type != "notesSlide") continue;
            if (const auto notes = load_part(package, relationship.target)) SlideReader(page, out).read(child(child(notes->document.document_element(), "cSld"), "spTree"), true);
        }
    }
    out.set_page_count(page);
}

}  // namespace agentic::extract

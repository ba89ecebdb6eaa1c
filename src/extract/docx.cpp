#include <unordered_map>
#include <vector>

#include "extract/docx_styles.hpp"
#include "extract/failed.hpp"
#include "extract/office.hpp"
#include "extract/ooxml.hpp"
#include "extract/utf8.hpp"

namespace agentic::extract {
namespace {

using knowledge::BlockKind;

/// Notes by id; the separators that Word keeps among them have negative ids or a type.
using Notes = std::unordered_map<std::string, pugi::xml_node>;

class DocxReader {
public:
    DocxReader(const DocxStyles& styles, DocumentBuilder& out) : styles_(styles), out_(out) {}

    void add_notes(std::string_view reference, const pugi::xml_node& root) {
        for (const auto& note : root.children()) {
            if (attribute(note, "type").empty()) notes_[std::string(reference) + std::string(attribute(note, "id"))] = note;
        }
    }

    /// Everything in a body, a note, a text box: paragraphs and tables, also inside content controls and tracked insertions.
    void read_blocks(const pugi::xml_node& parent, BlockKind kind = BlockKind::paragraph) {
        const Depth depth(*this);
        for (const auto& node : parent.children()) {
            const auto name = local_name(node);
            if (name == "p") read_paragraph(node, kind);
            else if (name == "tbl") read_table(node, kind);
            else if (name != "del" && name != "moveFrom" && name != "pPr" && name != "sdtPr") read_blocks(alternative(node), kind);
        }
    }

private:
    struct Depth {
        explicit Depth(DocxReader& reader) : depth(reader.depth_) {
            if (++depth > kXmlDepthMax) fail_with(knowledge::ExtractionFailure::malformed);
        }
        ~Depth() { --depth; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;
        int& depth;
    };

    /// What a paragraph points to and is read after it.
    struct Anchored {
        std::vector<pugi::xml_node> notes;
        std::vector<pugi::xml_node> boxes;
    };

    /// Of the versions that a file offers of one thing (text boxes: drawing and its old form), the first.
    static pugi::xml_node alternative(const pugi::xml_node& node) {
        if (local_name(node) != "AlternateContent") return node;
        const auto choice = child(node, "Choice");
        return choice.empty() ? child(node, "Fallback") : choice;
    }

    void read_paragraph(const pugi::xml_node& node, BlockKind kind) {
        std::string text;
        Anchored anchored;
        read_runs(node, text, anchored);
        const auto properties = child(node, "pPr");
        const auto style = styles_.find(attribute(child(properties, "pStyle"), "val"));
        const auto own = attribute(child(properties, "outlineLvl"), "val");
        const auto level = own.size() == 1 && own[0] >= '0' && own[0] < '6' ? static_cast<std::uint8_t>(own[0] - '0' + 1) : own.empty() ? style.heading : std::uint8_t{0};
        const bool list = style.list || !child(properties, "numPr").empty();
        if (kind == BlockKind::paragraph && level > 0) out_.add(BlockKind::heading, text, level);
        else out_.add(kind == BlockKind::paragraph && list ? BlockKind::list_item : kind, text);
        read_anchored(anchored);
    }

    void read_anchored(const Anchored& anchored) {
        const Depth depth(*this);
        for (const auto& box : anchored.boxes) read_blocks(box);
        for (const auto& note : anchored.notes) read_blocks(note, BlockKind::footnote);
    }

    void read_runs(const pugi::xml_node& parent, std::string& text, Anchored& anchored) {
        const Depth depth(*this);
        for (const auto& each : parent.children()) {
            const auto node = alternative(each);
            const auto name = local_name(node);
            if (name == "t") {
                text += node.text().get();
            } else if (name == "tab" || name == "ptab") {
                text += ' ';
            } else if (name == "br" || name == "cr") {
                text += '\n';
            } else if (name == "noBreakHyphen") {
                text += '-';
            } else if (name == "sym") {
                append_utf8(text, 0x2022);   // of a symbol font: nearly always a bullet or an arrow
            } else if (name == "txbxContent") {
                anchored.boxes.push_back(node);
            } else if (name == "footnoteReference" || name == "endnoteReference") {
                note(name, node, anchored);
            } else if (!is_silent(name) && !is_hidden(node, name)) {
                read_runs(node, text, anchored);
            }
        }
    }

    static bool is_silent(std::string_view name) {
        return name == "pPr" || name == "rPr" || name == "del" || name == "moveFrom" || name == "instrText" || name == "delText" || name == "rt" || name == "sdtPr" ||
               name == "docPr" || name == "tblPr";
    }

    static bool is_hidden(const pugi::xml_node& node, std::string_view name) {
        if (name != "r") return false;
        const auto vanish = child(child(node, "rPr"), "vanish");
        const auto value = attribute(vanish, "val");
        return !vanish.empty() && value != "0" && value != "false";
    }

    void note(std::string_view name, const pugi::xml_node& reference, Anchored& anchored) {
        const auto found = notes_.find(std::string(name) + std::string(attribute(reference, "id")));
        if (found == notes_.end()) return;
        anchored.notes.push_back(found->second);
        notes_.erase(found);   // a note is read once, also where notes name each other
    }

    void read_table(const pugi::xml_node& table, BlockKind kind) {
        const Depth depth(*this);
        std::string text;
        Anchored anchored;
        read_rows(table, text, anchored);
        out_.add(kind == BlockKind::footnote ? kind : BlockKind::table, text);
        read_anchored(anchored);
    }

    void read_rows(const pugi::xml_node& parent, std::string& text, Anchored& anchored) {
        const Depth depth(*this);
        for (const auto& node : parent.children()) {
            if (local_name(node) == "tr") read_row(node, text, anchored);
            else if (local_name(node) != "del") read_rows(node, text, anchored);   // content controls around rows
        }
    }

    void read_row(const pugi::xml_node& row, std::string& text, Anchored& anchored) {
        std::string line;
        bool first = true;
        read_cells(row, line, first, anchored);
        if (line.find_first_not_of(" |") != std::string::npos) text += line + '\n';
    }

    void read_cells(const pugi::xml_node& parent, std::string& line, bool& first, Anchored& anchored) {
        const Depth depth(*this);
        for (const auto& node : parent.children()) {
            if (local_name(node) == "tc") {
                std::string cell;
                read_cell(node, cell, anchored);
                if (!first) line += " | ";
                line += collapse_white_space(cell);
                first = false;
            } else {
                read_cells(node, line, first, anchored);
            }
        }
    }

    /// A cell's paragraphs, and those of tables in it, on one line.
    void read_cell(const pugi::xml_node& parent, std::string& text, Anchored& anchored) {
        const Depth depth(*this);
        for (const auto& node : parent.children()) {
            if (local_name(node) == "p") {
                if (!text.empty()) text += ' ';
                read_runs(node, text, anchored);
            } else if (local_name(node) != "del") {
                read_cell(alternative(node), text, anchored);
            }
        }
    }

    const DocxStyles& styles_;
    DocumentBuilder& out_;
    Notes notes_;
    int depth_ = 0;
};

}  // namespace

void read_docx(ZipPackage& package, const std::string& document, DocumentBuilder& out) {
    std::string styles_part, footnotes_part, endnotes_part;
    for (const auto& [id, relationship] : relationships_of(package, document)) {
        if (relationship.type == "styles") styles_part = relationship.target;
        if (relationship.type == "footnotes") footnotes_part = relationship.target;
        if (relationship.type == "endnotes") endnotes_part = relationship.target;
    }
    const DocxStyles styles(package, styles_part);
    out.set_language(styles.language());
    DocxReader reader(styles, out);
    const auto footnotes = load_part(package, footnotes_part);
    if (footnotes) reader.add_notes("footnoteReference", footnotes->document.document_element());
    const auto endnotes = load_part(package, endnotes_part);
    if (endnotes) reader.add_notes("endnoteReference", endnotes->document.document_element());
    const auto body = load_part(package, document);
    if (!body) fail_with(knowledge::ExtractionFailure::malformed);
    reader.read_blocks(child(body->document.document_element(), "body"));
}

}  // namespace agentic::extract

#include "extract/html.hpp"

#include <algorithm>
#include <cctype>
#include <memory_resource>
#include <vector>

#include "extract/encoding.hpp"
#include "extract/failed.hpp"
#include "extract/html_elements.hpp"

namespace agentic::extract {
namespace {

using knowledge::BlockKind;

constexpr std::size_t kMetaReach = 4096;
constexpr std::size_t kListReach = 32;
constexpr std::size_t kArenaBytes = 1 << 18;   // to begin with

std::string charset_after(std::string_view text) {
    const auto at = text.find("charset");
    if (at == std::string_view::npos) return {};
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n=\"'", at + 7), text.size()));
    return std::string(text.substr(0, text.find_first_of(" \t\r\n;\"'/>")));
}

/// The elements of a page from outside in, without recursion: a page may nest as deep as it is long.
class PageReader {
public:
    explicit PageReader(DocumentBuilder& out) : out_(out) {}

    void read(const GumboNode* root) {
        enter(root);
        while (!path_.empty()) {
            auto& step = path_.back();
            const auto& children = step.node->v.element.children;
            if (step.next == children.length) {
                leave(step.node, step.cells);
                path_.pop_back();
                continue;
            }
            const auto* child = static_cast<const GumboNode*>(children.data[step.next++]);
            if (child->type == GUMBO_NODE_ELEMENT) enter(child);
            else if (child->type != GUMBO_NODE_COMMENT && child->type != GUMBO_NODE_DOCUMENT && child->type != GUMBO_NODE_TEMPLATE) text(child->v.text.text);
        }
        flush(BlockKind::paragraph);
    }

private:
    struct Step {
        const GumboNode* node;
        unsigned next = 0;
        unsigned cells = 0;   // of a row, so far
    };

    void enter(const GumboNode* node) {
        const auto& element = node->v.element;
        const auto role = role_of(element.tag);
        if (role == ElementRole::skipped || is_hidden(element)) return;
        switch (role) {
            case ElementRole::table: enter_table(node); break;
            case ElementRole::row:
                if (table_depth_ == 0) flush(kind_);
                break;
            case ElementRole::cell: enter_cell(); break;
            case ElementRole::line_break: append(table_depth_ > 0 ? ' ' : '\n'); break;
            case ElementRole::ruby_text: text_ += '('; break;
            case ElementRole::inlined: break;
            default: enter_block(element, role);
        }
        path_.push_back({node});
    }

    void enter_block(const GumboElement& element, ElementRole role) {
        if (table_depth_ > 0) return append(' ');
        flush(kind_);
        if (role == ElementRole::heading) level_ = static_cast<std::uint8_t>(element.tag - GUMBO_TAG_H1 + 1);
        if (role == ElementRole::heading) kind_ = BlockKind::heading;
        if (role == ElementRole::list_item) kind_ = BlockKind::list_item;
        if (role == ElementRole::preformatted) kind_ = BlockKind::code;
        if (role == ElementRole::preformatted) ++preformatted_;
    }

    void leave(const GumboNode* node, unsigned cells) {
        const auto role = role_of(node->v.element.tag);
        switch (role) {
            case ElementRole::table: leave_table(node); break;
            case ElementRole::row:
                if (table_depth_ > 0) end_row(cells);
                else flush(kind_);
                break;
            case ElementRole::ruby_text: text_ += ')'; break;
            case ElementRole::cell:
                if (table_depth_ == 0) flush(kind_);
                break;
            case ElementRole::inlined: case ElementRole::line_break: break;
            default:
                if (table_depth_ > 0) return append(node->v.element.tag == GUMBO_TAG_CAPTION ? '\n' : ' ');
                flush(kind_);
                if (role == ElementRole::preformatted) --preformatted_;
                kind_ = enclosing_kind();
        }
    }

    /// After a block inside a list's item, the item goes on. Looks no further out than pages nest lists.
    BlockKind enclosing_kind() const {
        const auto outer = path_.size() - 1;
        for (std::size_t i = outer; i > 0 && outer - i < kListReach; --i) {
            const auto role = role_of(path_[i - 1].node->v.element.tag);
            if (role == ElementRole::list_item) return BlockKind::list_item;
            if (role == ElementRole::preformatted) return BlockKind::code;
        }
        return BlockKind::paragraph;
    }

    /// A table that lays out a page (nested tables, one column) is read as the page; the other kind row by row.
    void enter_table(const GumboNode* node) {
        if (table_depth_ > 0) {
            append(' ');
            return;
        }
        flush(kind_);
        if (lays_out_page(node)) return;
        table_ = node;
        table_depth_ = 1;
    }

    void leave_table(const GumboNode* node) {
        if (node != table_) return table_depth_ > 0 ? append(' ') : flush(kind_);
        flush(BlockKind::table);
        table_depth_ = 0;
        table_ = nullptr;
        kind_ = enclosing_kind();
    }

    static bool lays_out_page(const GumboNode* table) {
        if (attribute(table->v.element, "role") == "presentation") return true;
        std::vector<const GumboNode*> open{table};
        bool several_cells = false;
        while (!open.empty()) {
            const auto* node = open.back();
            open.pop_back();
            unsigned cells = 0;
            for (unsigned i = 0; i < node->v.element.children.length; ++i) {
                const auto* child = static_cast<const GumboNode*>(node->v.element.children.data[i]);
                if (child->type != GUMBO_NODE_ELEMENT) continue;
                if (child->v.element.tag == GUMBO_TAG_TABLE) return true;
                cells += role_of(child->v.element.tag) == ElementRole::cell;
                open.push_back(child);
            }
            several_cells = several_cells || cells > 1;
        }
        return !several_cells;
    }

    void enter_cell() {
        if (table_depth_ == 0) return flush(kind_);
        trim_space();
        auto& row = path_.back();
        if (row.cells++ > 0) text_ += " | ";
    }

    void end_row(unsigned cells) {
        trim_space();
        if (cells > 0 && text_.find_first_not_of(" |\n", text_.rfind('\n') + 1) != std::string::npos) text_ += '\n';
        else text_.resize(text_.rfind('\n') + 1);   // an empty row; npos + 1 is 0
    }

    void text(std::string_view piece) {
        if (preformatted_ > 0 && table_depth_ == 0) {
            text_ += piece;
            return;
        }
        for (const char c : piece) append(c == '\n' || c == '\t' || c == '\r' || c == '\f' ? ' ' : c);
    }

    /// Appends a character; of white space in a row only the first counts.
    void append(char c) {
        if (c == ' ' && (text_.empty() || text_.back() == ' ' || text_.back() == '\n') && preformatted_ == 0) return;
        text_.push_back(c);
    }

    void trim_space() {
        if (!text_.empty() && text_.back() == ' ') text_.pop_back();
    }

    void flush(BlockKind kind) {
        out_.add(kind, text_, kind == BlockKind::heading ? level_ : 0);
        text_.clear();
    }

    DocumentBuilder& out_;
    std::vector<Step> path_;
    std::string text_;
    BlockKind kind_ = BlockKind::paragraph;
    std::uint8_t level_ = 0;
    int preformatted_ = 0;
    const GumboNode* table_ = nullptr;   // that is being read row by row
    int table_depth_ = 0;
};

std::string text_of(const GumboNode* element) {
    std::string out;
    for (unsigned i = 0; i < element->v.element.children.length; ++i) {
        const auto* child = static_cast<const GumboNode*>(element->v.element.children.data[i]);
        if (child->type == GUMBO_NODE_TEXT || child->type == GUMBO_NODE_WHITESPACE) out += child->v.text.text;
    }
    return out;
}

void read_head(const GumboNode* root, DocumentBuilder& out) {
    out.set_language(attribute(root->v.element, "lang"));
    for (unsigned i = 0; i < root->v.element.children.length; ++i) {
        const auto* head = static_cast<const GumboNode*>(root->v.element.children.data[i]);
        if (head->type != GUMBO_NODE_ELEMENT || head->v.element.tag != GUMBO_TAG_HEAD) continue;
        for (unsigned k = 0; k < head->v.element.children.length; ++k) {
            const auto* child = static_cast<const GumboNode*>(head->v.element.children.data[k]);
            if (child->type != GUMBO_NODE_ELEMENT) continue;
            if (child->v.element.tag == GUMBO_TAG_TITLE) out.set_title(text_of(child));
            if (child->v.element.tag == GUMBO_TAG_META && attribute(child->v.element, "name") == "author") out.set_author(attribute(child->v.element, "content"));
        }
    }
}

}  // namespace

std::string html_charset(std::string_view bytes, std::string_view declared_type) {
    const auto lower = [](std::string_view text) {
        std::string out(text);
        std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return out;
    };
    if (auto charset = charset_after(lower(declared_type)); !charset.empty()) return charset;
    const auto head = lower(bytes.substr(0, kMetaReach));
    for (auto meta = head.find("<meta"); meta != std::string::npos; meta = head.find("<meta", meta + 1)) {
        if (auto charset = charset_after(std::string_view(head).substr(meta, head.find('>', meta) - meta)); !charset.empty()) return charset;
    }
    return {};
}

void read_html(const std::string& html, DocumentBuilder& out) {
    // The tree lies in one arena and goes as a whole: freeing it node by node recurses as deep as the page nests.
    std::pmr::monotonic_buffer_resource arena(kArenaBytes);
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    options.userdata = &arena;
    options.allocator = [](void* resource, std::size_t size) { return static_cast<std::pmr::monotonic_buffer_resource*>(resource)->allocate(size); };
    options.deallocator = [](void*, void*) {};
    const auto* page = gumbo_parse_with_options(&options, html.data(), html.size());
    if (page == nullptr || page->root == nullptr) fail_with(knowledge::ExtractionFailure::malformed);
    read_head(page->root, out);
    PageReader(out).read(page->root);
}

}  // namespace agentic::extract

#include "knowledge/outline.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::size_t kTitleBytes = 120;
constexpr std::size_t kTitles = 8;

std::string shortened(std::string_view title) {
    if (title.size() <= kTitleBytes) return std::string(title);
    return std::string(cut_at_code_point(title, kTitleBytes)) + "\u2026";
}

}  // namespace

Outline::Outline(const ExtractedDocument& document) : text_(document.text) {
    std::vector<std::pair<std::uint8_t, std::uint32_t>> open;   // level and section of the headings that the text is under
    sections_.push_back({});
    for (const auto& block : document.blocks) {
        if (block.page > 0 && (pages_.empty() || pages_.back().page != block.page)) pages_.push_back({block.begin, block.page});
        if (block.kind != BlockKind::heading) continue;
        while (!open.empty() && open.back().first >= block.level) open.pop_back();
        const auto parent = open.empty() ? 0U : open.back().second;
        open.emplace_back(block.level, static_cast<std::uint32_t>(sections_.size()));
        sections_.push_back({block.begin, block.end, parent});
    }
}

std::string Outline::path_of(const Section& section) const {
    std::string out;
    const auto* at = &section;
    for (std::size_t titles = 0; at != &sections_.front() && titles < kTitles; ++titles, at = &sections_[at->parent]) {
        auto title = shortened(text_.substr(at->begin, at->title_end - at->begin));
        out.insert(0, out.empty() ? title : title + " > ");
    }
    return out;
}

std::string Outline::section(std::size_t begin, std::size_t end) const {
    auto at = std::prev(std::ranges::upper_bound(sections_, begin, {}, &Section::begin));
    const Section* best = nullptr;
    std::size_t best_bytes = 0;
    for (; at != sections_.end() && at->begin < end; ++at) {
        const auto next = std::next(at);
        const auto bytes = std::min(end, next == sections_.end() ? end : next->begin) - std::max(begin, at->begin);
        if (bytes > best_bytes) {
            best = &*at;
            best_bytes = bytes;
        }
    }
    return best ? path_of(*best) : std::string();
}

std::vector<PageStart> Outline::pages(std::size_t begin, std::size_t end) const {
    auto at = std::ranges::upper_bound(pages_, begin, {}, &PageStart::at);
    std::vector<PageStart> out;
    if (at != pages_.begin()) out.push_back({begin, std::prev(at)->page});
    for (; at != pages_.end() && at->at < end; ++at) out.push_back(*at);
    return out;
}

std::uint32_t page_at(const std::vector<PageStart>& pages, std::size_t at) {
    const auto found = std::ranges::upper_bound(pages, at, {}, &PageStart::at);
    return found == pages.begin() ? 0 : std::prev(found)->page;
}

}  // namespace agentic::knowledge

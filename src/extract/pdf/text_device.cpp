#include "extract/pdf/text_device.hpp"

#include <poppler/GfxFont.h>

#include <algorithm>
#include <cmath>

#include "extract/pdf/glyph_text.hpp"
#include "extract/utf8.hpp"

namespace agentic::extract::pdf {
namespace {

constexpr double kSlant = 0.09;   // about 5 degrees: more is not a line of text
constexpr std::size_t kGlyphsMax = 2'000'000;
constexpr double kSizeMin = 0.1;
constexpr double kSizeMax = 20'000;

/// Type 3 fonts have a size of their own making; the box of their glyphs says how large they come out.
double type3_scale(const GfxFont& font) {
    const auto* box = font.getFontBBox();
    const auto* matrix = font.getFontMatrix();
    const double height = (box[3] - box[1]) * std::abs(matrix[3]);
    return height > 1e-6 && height < 1e4 ? height : std::max(1e-3, std::abs(matrix[3]) * 1000);
}

}  // namespace

void PageGlyphs::clear() {
    text.clear();
    slanted.clear();
    for (auto& list : glyphs) list.clear();
}

void TextDevice::startPage(int, GfxState* state, XRef*) {
    page_.clear();
    frame_ = {};
    replacement_.reset();
    width_ = state->getPageWidth();
    height_ = state->getPageHeight();
}

void TextDevice::updateFont(GfxState*) { frame_.known = false; }
void TextDevice::updateTextMat(GfxState*) { frame_.known = false; }

void TextDevice::measure(GfxState* state) {
    double m[4];
    state->getFontTransMat(&m[0], &m[1], &m[2], &m[3]);
    const auto& font = state->getFont();
    const bool level = std::abs(m[0] * m[3]) > std::abs(m[1] * m[2]);
    frame_.known = true;
    frame_.turn = level ? (m[0] > 0 || m[3] < 0 ? 0 : 2) : (m[2] > 0 ? 1 : 3);
    const double along = level ? std::abs(m[0]) : std::abs(m[1]);
    const double across = level ? std::abs(m[1]) : std::abs(m[0]);
    if (font && font->getWMode() != 0) frame_.turn = (frame_.turn + 1) % 4;
    if (across > kSlant * along) frame_.turn = 4;
    frame_.size = state->getTransformedFontSize() * (font && font->getType() == fontType3 ? type3_scale(*font) : 1);
    frame_.size = std::isfinite(frame_.size) ? std::clamp(frame_.size, kSizeMin, kSizeMax) : kSizeMin;
    frame_.bold = font && (font->isBold() || font->getWeight() >= GfxFont::W600 || (font->getName() && font->getName()->find("Bold") != std::string::npos));
}

void TextDevice::beginString(GfxState* state, const GooString*) {
    if (!frame_.known) measure(state);
    if (frame_.turn == 4 && !page_.slanted.empty() && page_.slanted.back() != ' ') page_.slanted.push_back(' ');
}

void TextDevice::drawChar(GfxState* state, double x, double y, double dx, double dy, double, double, CharCode, int, const Unicode* u, int length) {
    if (!frame_.known) measure(state);
    std::string text;
    append_glyph_text(text, u, length);
    if (frame_.turn == 4) {
        if (page_.slanted.size() < kGlyphsMax) page_.slanted += text.empty() ? " " : text;
        return;
    }
    // The advance holds the spacing between characters too, which is no part of a glyph; a space is nothing else.
    const double spacing = text == " " ? 0 : state->getCharSpace();
    double sx = 0;
    double sy = 0;
    state->textTransformDelta(spacing * state->getHorizScaling(), 0, &sx, &sy);
    double x1 = 0, y1 = 0, w = 0, h = 0;
    state->transform(x, y, &x1, &y1);
    state->transformDelta(dx - sx, dy - sy, &w, &h);
    const double margin = frame_.size;
    const bool outside = x1 + std::max(w, 0.0) < -margin || y1 < -margin || x1 > width_ + margin || y1 > height_ + margin;
    if (outside || !std::isfinite(x1 + y1 + w + h)) return;
    const double along[] = {x1, y1, -x1, -y1};
    const double step[] = {w, h, -w, -h};
    const double across[] = {y1, -x1, -y1, x1};
    Glyph glyph;
    glyph.u0 = static_cast<float>(std::min(along[frame_.turn], along[frame_.turn] + step[frame_.turn]));
    glyph.u1 = static_cast<float>(std::max(along[frame_.turn], along[frame_.turn] + step[frame_.turn]));
    glyph.v = static_cast<float>(across[frame_.turn]);
    glyph.size = static_cast<float>(frame_.size);
    glyph.bold = frame_.bold;
    if (!replacement_) {
        keep(frame_.turn, glyph, text);
    } else if (!replacement_->box) {
        replacement_->box = glyph;
        replacement_->turn = frame_.turn;
    } else if (std::abs(replacement_->box->v - glyph.v) < glyph.size) {
        replacement_->box->u0 = std::min(replacement_->box->u0, glyph.u0);
        replacement_->box->u1 = std::max(replacement_->box->u1, glyph.u1);
    }
}

void TextDevice::keep(int turn, Glyph glyph, std::string_view text) {
    auto& glyphs = page_.glyphs[turn];
    if (glyphs.size() >= kGlyphsMax || text.size() > 0xFFFF) return;
    glyph.text = static_cast<std::uint32_t>(page_.text.size());
    if (text != " ") {
        glyph.length = static_cast<std::uint16_t>(text.size());
        page_.text += text;
        std::size_t at = 0;
        glyph.right_to_left = !text.empty() && static_cast<unsigned char>(text.front()) >= 0xD6 && is_right_to_left(next_utf8(text, at));
        if (glyph.length == 0) return;
    }
    glyphs.push_back(glyph);
}

void TextDevice::beginActualText(GfxState*, const GooString* text) { replacement_.emplace(text == nullptr ? std::string() : text_string(text->toStr())); }

void TextDevice::endActualText(GfxState*) {
    auto done = std::exchange(replacement_, std::nullopt);
    if (done && done->box && !done->text.empty()) keep(done->turn, *done->box, done->text);
}

}  // namespace agentic::extract::pdf

#pragma once
#include <poppler/GfxState.h>
#include <poppler/OutputDev.h>

#include <optional>
#include <string>

#include "extract/pdf/page_glyphs.hpp"

namespace agentic::extract::pdf {

/// Receives a page from poppler's interpreter and keeps its glyphs; nothing is painted.
class TextDevice final : public OutputDev {
public:
    /// The glyphs of the page shown last. The caller may take them.
    PageGlyphs& page() { return page_; }

    bool upsideDown() override { return true; }
    bool useDrawChar() override { return true; }
    bool interpretType3Chars() override { return false; }
    bool needNonText() override { return false; }

    void startPage(int page, GfxState* state, XRef* xref) override;
    void updateFont(GfxState* state) override;
    void updateTextMat(GfxState* state) override;
    void updateCTM(GfxState* state, double, double, double, double, double, double) override { updateFont(state); }
    void restoreState(GfxState* state) override { updateFont(state); }
    void beginString(GfxState* state, const GooString* text) override;
    void drawChar(GfxState* state, double x, double y, double dx, double dy, double origin_x, double origin_y, CharCode code, int bytes, const Unicode* u, int length) override;
    void beginActualText(GfxState* state, const GooString* text) override;
    void endActualText(GfxState* state) override;

private:
    /// What one font at one size and angle means for its glyphs; computed when the interpreter reports a change, not per glyph.
    struct FontFrame {
        bool known = false;
        int turn = 0;       // 0 to 3, or 4 when slanted
        double size = 0;
        bool bold = false;
    };
    struct Replacement {
        std::string text;
        std::optional<Glyph> box;
        int turn = 0;
    };

    void measure(GfxState* state);
    void keep(int turn, Glyph glyph, std::string_view text);

    PageGlyphs page_;
    FontFrame frame_;
    std::optional<Replacement> replacement_;
    double width_ = 0;
    double height_ = 0;
};

}  // namespace agentic::extract::pdf

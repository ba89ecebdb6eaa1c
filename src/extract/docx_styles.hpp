#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "extract/zip_package.hpp"

namespace agentic::extract {

/// What a paragraph style says about structure.
struct DocxStyle {
    std::uint8_t heading = 0;   // 1 to 6
    bool list = false;
};

/// The paragraph styles of a DOCX by id, with what they inherit.
class DocxStyles {
public:
    DocxStyles(ZipPackage& package, const std::string& part);

    DocxStyle find(std::string_view id) const;
    /// The document's language (BCP 47), empty when the defaults name none.
    const std::string& language() const { return language_; }

private:
    std::unordered_map<std::string, DocxStyle> styles_;
    std::string language_;
};

}  // namespace agentic::extract

#pragma once
#include <zip.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace agentic::extract {

/// The parts of a ZIP file in memory, inflated one at a time and only when asked for: a bomb costs what is read of it, never more than the budget.
class ZipPackage {
public:
    /// `bytes` outlives the package. Throws Failed{malformed} when there is no directory of entries.
    explicit ZipPackage(std::string_view bytes);

    bool has(const std::string& name) const;
    /// The part's content; nullopt when there is none of that name. Throws Failed: encrypted, too_large, malformed (wrong checksum, cut short).
    std::optional<std::string> read(const std::string& name);

private:
    struct Close {
        void operator()(zip_t* archive) const { zip_discard(archive); }
    };
    std::unique_ptr<zip_t, Close> archive_;
    std::size_t budget_;   // bytes that may still be inflated
};

}  // namespace agentic::extract

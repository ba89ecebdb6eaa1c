#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace agentic {

/// A string that must not reach a log, an error or a response. Reading it is explicit and greppable; it is wiped when it dies.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&&) noexcept = default;
    Secret& operator=(const Secret& other) { return *this = Secret(other); }
    Secret& operator=(Secret&& other) noexcept {
        value_.swap(other.value_);
        return *this;
    }
    ~Secret() { wipe(); }

    std::string_view reveal() const { return value_; }
    bool empty() const { return value_.empty(); }
    std::size_t size() const { return value_.size(); }
    /// "…" and the last four characters, or all dots when it is too short to show any.
    std::string hint() const { return value_.size() < 12 ? "…" : "…" + value_.substr(value_.size() - 4); }

private:
    void wipe() {
        volatile char* bytes = value_.data();
        for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = 0;
    }

    std::string value_;
};

}  // namespace agentic

#pragma once

namespace agentic::async {

/// A descriptor that closes itself; -1 for none.
class Descriptor {
public:
    explicit Descriptor(int value = -1) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    int get() const { return value_; }
    int release();

private:
    int value_;
};

}  // namespace agentic::async

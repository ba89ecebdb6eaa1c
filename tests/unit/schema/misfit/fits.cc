// The control of the two files beside it: this one compiles.
#include "schema/engine.hpp"

struct Cup {
    std::string name;
};
template <>
struct agentic::schema::Rules<Cup> {
    static constexpr auto fields = std::tuple{field("name", length(1, 5))};
};
template struct agentic::schema::Codec<Cup>;

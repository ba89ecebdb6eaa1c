// Must not compile: text has no range.
#include "schema/engine.hpp"

struct Cup {
    std::string name;
};
template <>
struct agentic::schema::Rules<Cup> {
    static constexpr auto fields = std::tuple{field("name", range(1, 5))};
};
template struct agentic::schema::Codec<Cup>;

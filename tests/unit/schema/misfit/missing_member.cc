// Must not compile: there is no member of that name.
#include "schema/engine.hpp"

struct Cup {
    std::string name;
};
template <>
struct agentic::schema::Rules<Cup> {
    static constexpr auto fields = std::tuple{field("nmae", length(1, 5))};
};
template struct agentic::schema::Codec<Cup>;

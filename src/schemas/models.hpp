#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/uuid.hpp"
#include "schema/codec.hpp"

namespace agentic::schemas {

struct ModelCapabilities {
    bool temperature = true;
    bool tools = false;
    bool thinking = false;
    bool citations = false;
};

/// In millionths of a US dollar per million tokens.
struct ModelPriceList {
    std::int64_t input = 0;
    std::int64_t output = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_write = 0;
};

/// A model in the list form that OpenAI's clients read, with more about it: one of the tenant's agents, or a model they can be made with.
struct Model {
    std::string id;
    std::string object = "model";
    std::int64_t created = 0;
    std::string owned_by;
    std::string name;
    std::string provider;
    std::string model_name;
    std::optional<Uuid> agent_id;
    std::int64_t context_window = 0;
    std::int64_t max_output = 0;
    ModelCapabilities capabilities;
    std::optional<ModelPriceList> prices;
    bool available = false;
};

struct ModelList {
    std::string object = "list";
    std::vector<Model> data;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::ModelCapabilities>;
extern template struct Codec<schemas::ModelPriceList>;
extern template struct Codec<schemas::Model>;
extern template struct Codec<schemas::ModelList>;
}  // namespace agentic::schema

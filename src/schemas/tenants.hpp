#pragma once
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "core/vocabulary.hpp"
#include "schema/codec.hpp"

namespace agentic::schemas {

struct Tenant {
    Uuid id;
    std::string name;
    std::string slug;
    TenantStatus status = TenantStatus::active;
    std::string plan_type;
    JsonText limits;
    JsonText settings;
    std::string region;
    Timestamp created_at;
    Timestamp updated_at;
};

struct TenantUpdate {
    std::optional<std::string> name;
    std::optional<JsonText> settings;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::Tenant>;
extern template struct Codec<schemas::TenantUpdate>;
}  // namespace agentic::schema

#include "core/id_list.hpp"

namespace agentic {

JsonText ids_to_json(const std::vector<Uuid>& ids) {
    JsonText out{"["};
    for (const auto& id : ids) {
        if (out.text.size() > 1) out.text += ',';
        out.text.append("\"").append(id.to_string()).append("\"");
    }
    out.text += ']';
    return out;
}

}  // namespace agentic

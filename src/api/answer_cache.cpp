#include "api/answer_cache.hpp"

#include <functional>

namespace agentic::api {
namespace {

// Tenant, path and parameters as they were decoded; lengths keep two requests from spelling the same key.
std::string key_of(const RequestContext& ctx) {
    const auto append = [](std::string& key, std::string_view part) { key.append(std::to_string(part.size())).append(":").append(part); };
    std::string key(36, '\0');
    ctx.op.tenant.tenant_id().write(key.data());
    append(key, ctx.request.path);
    for (const auto& [name, value] : ctx.request.query) {
        append(key, name);
        append(key, value);
    }
    return key;
}

std::size_t slot_of(std::string_view key) { return std::hash<std::string_view>{}(key) % AnswerCache::kSlots; }

}  // namespace

std::optional<std::string> AnswerCache::find(const RequestContext& ctx, std::uint64_t mark) const {
    const auto key = key_of(ctx);
    const auto& slot = slots_[slot_of(key)];
    std::unique_lock lock(slot.mutex);
    const auto answer = slot.answer;
    lock.unlock();
    if (answer == nullptr || answer->mark != mark || answer->key != key) return std::nullopt;
    return answer->body;
}

void AnswerCache::keep(const RequestContext& ctx, std::uint64_t mark, const std::string& body) {
    if (body.size() > kBodyBytesMax) return;
    auto key = key_of(ctx);
    auto& slot = slots_[slot_of(key)];
    auto answer = std::make_shared<const Answer>(Answer{mark, std::move(key), body});
    const std::lock_guard lock(slot.mutex);
    slot.answer.swap(answer);
}

}  // namespace agentic::api

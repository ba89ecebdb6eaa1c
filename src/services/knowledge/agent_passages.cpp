#include "services/knowledge/agent_passages.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <functional>
#include <utility>

#include "core/utf8.hpp"
#include "schema/enum.hpp"
#include "schemas/agents.hpp"
#include "services/knowledge/context_text.hpp"

namespace agentic::services {
namespace {

constexpr std::size_t kQuestionBytesMax = 8'000;

std::string shortened(const std::string& text) { return std::string(cut_at_code_point(text, kQuestionBytesMax)); }

std::vector<knowledge::PageStart> pages_of(const JsonText& json) {
    std::vector<knowledge::PageStart> pages;
    boost::system::error_code error;
    const auto value = boost::json::parse(json.text, error);
    const auto* array = error ? nullptr : value.if_array();
    for (const auto& item : array == nullptr ? boost::json::array() : *array) {
        const auto* pair = item.if_array();
        if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64()) continue;
        pages.push_back({static_cast<std::size_t>((*pair)[0].get_int64()), static_cast<std::uint32_t>((*pair)[1].get_int64())});
    }
    return pages;
}

FoundPassage found_of(SearchHit hit, std::size_t number) {
    auto& chunk = hit.chunk;
    FoundPassage found{.passage = {"src_" + std::to_string(number), source_text(chunk), {}},
                       .chunk_id = chunk.id,
                       .document_id = chunk.document_id,
                       .collection_id = chunk.collection_id,
                       .document_title = chunk.document_title,
                       .page_number = chunk.page_number,
                       .pages = pages_of(chunk.pages),
                       .byte_begin = static_cast<std::size_t>(chunk.byte_begin),
                       .section = chunk.section,
                       .score = hit.score};
    found.passage.text = std::move(chunk.text);
    return found;
}

/// Into `hits` those of `others` too; each is worth the sum of 1 / (kRankConstant + rank) over both lists.
void merge(std::vector<SearchHit>& hits, std::vector<SearchHit> others, std::size_t top_k) {
    constexpr double kRankConstant = 10;
    std::vector<std::pair<double, SearchHit>> ranked;
    for (auto& hit : hits) ranked.emplace_back(1 / (kRankConstant + static_cast<double>(ranked.size() + 1)), std::move(hit));
    for (std::size_t rank = 1; auto& hit : others) {
        const double worth = 1 / (kRankConstant + static_cast<double>(rank++));
        const auto same = std::ranges::find(ranked, hit.chunk.id, [](const auto& each) { return each.second.chunk.id; });
        if (same == ranked.end()) ranked.emplace_back(worth, std::move(hit));
        else same->first += worth;
    }
    std::ranges::stable_sort(ranked, std::greater<>(), [](const auto& each) { return each.first; });
    hits.clear();
    for (auto& each : ranked) {
        if (hits.size() < top_k) hits.push_back(std::move(each.second));
    }
}

}  // namespace

std::vector<Uuid> collections_in(const JsonText& collection_ids) {
    std::vector<Uuid> ids;
    boost::system::error_code error;
    const auto value = boost::json::parse(collection_ids.text, error);
    const auto* array = error ? nullptr : value.if_array();
    for (const auto& item : array == nullptr ? boost::json::array() : *array) {
        if (const auto id = item.is_string() ? Uuid::parse(item.get_string()) : std::nullopt) ids.push_back(*id);
    }
    return ids;
}

Task<FoundPassages> AgentPassages::find(TenantScope tenant, Uuid user_id, Uuid run_id, db::AgentRow agent, PassageQuestion question) {
    AGENTIC_CO_TRY(const auto how, schema::Codec<schemas::Retrieval>::parse(agent.retrieval.text));
    SearchRequest request{.query = shortened(question.text),
                          .collection_ids = collections_in(agent.collection_ids),
                          .top_k = static_cast<std::size_t>(how.top_k),
                          .mode = how.mode,
                          .threshold = how.threshold,
                          .run_id = run_id,
                          .skip_missing = true};
    const Searcher who{tenant, db::CollectionAccess::whole_tenant("the agent was given its collections by somebody who sees them"), user_id};
    const auto top_k = request.top_k;
    AGENTIC_CO_TRY(auto result, co_await search_.search(who, request));
    if (!question.before.empty()) {
        request.query = shortened(question.before + "\n" + question.text);
        AGENTIC_CO_TRY(auto in_context, co_await search_.search(who, std::move(request)));
        merge(result.hits, std::move(in_context.hits), top_k);
    }
    FoundPassages found{.passages = {}, .mode = std::string(schema::enum_text(result.mode)), .warnings = std::move(result.warnings)};
    for (auto& hit : result.hits) found.passages.push_back(found_of(std::move(hit), found.passages.size() + 1));
    co_return found;
}

}  // namespace agentic::services

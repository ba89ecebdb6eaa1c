#include "embeddings/cached_embedder.hpp"

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cmath>
#include <utility>

namespace agentic::embeddings {
namespace {

constexpr auto kForever = std::chrono::steady_clock::time_point::max() - std::chrono::hours(1);
constexpr float kLengthTolerance = 0.01F;

// Whether these are rows of a model at all: of its dimensions, and each of length 1.
bool is_rows(const std::vector<float>& values, std::size_t dimensions) {
    if (values.empty() || values.size() % dimensions != 0) return false;
    for (std::size_t row = 0; row < values.size(); row += dimensions) {
        float squares = 0;
        for (std::size_t i = 0; i < dimensions; ++i) squares += values[row + i] * values[row + i];
        if (!(std::abs(squares - 1) < kLengthTolerance)) return false;  // NaN, too
    }
    return true;
}

}  // namespace

struct CachedEmbedder::Request {
    std::vector<std::string> texts;
    std::vector<CacheKey> keys;
    std::vector<Rows> rows;                                                 // null: not known yet
    std::vector<std::pair<std::size_t, std::shared_ptr<Flight>>> joined;    // text, and who embeds it
    std::shared_ptr<async::Wakeup> waiter;
};

/// The texts that this call embeds for everyone. If it ends before it has said how that went, the others are told to go on without it.
class CachedEmbedder::Owned {
public:
    explicit Owned(CachedEmbedder& owner) : owner_(owner) {}
    ~Owned() { land([](std::size_t) { return Flight::Abandoned{}; }); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;

    void add(std::size_t text, const CacheKey& key) { texts_.emplace_back(text, key); }
    bool empty() const { return texts_.empty(); }
    const std::vector<std::pair<std::size_t, CacheKey>>& texts() const { return texts_; }

    void land(auto outcome_of) {
        for (const auto& [text, key] : std::exchange(texts_, {})) owner_.flights_.land(key, outcome_of(text));
    }

private:
    CachedEmbedder& owner_;
    std::vector<std::pair<std::size_t, CacheKey>> texts_;
};

CachedEmbedder::CachedEmbedder(EmbedderFacts facts, std::unique_ptr<VectorSource> source, VectorCache& cache, SharedVectorCache* shared)
    : facts_(std::move(facts)), source_(std::move(source)), cache_(cache), shared_(shared) {
    if (facts_.space.empty()) facts_.space = facts_.model;
}

Task<EmbeddedTexts> CachedEmbedder::embed(TenantScope tenant, std::vector<std::string> texts, Purpose purpose) {
    Request request{.texts = std::move(texts)};
    for (const auto& text : request.texts) request.keys.push_back(cache_key(tenant, facts_.space, purpose, text));
    request.rows.resize(request.texts.size());
    request.waiter = async::Wakeup::create(co_await asio::this_coro::executor);
    if (shared_ != nullptr) co_await ask_shared(tenant, request);
    while (true) {
        Owned owned(*this);
        sort_out(request, owned);
        if (!owned.empty()) AGENTIC_CO_CHECK(co_await fetch(tenant, request, purpose, owned));
        AGENTIC_CO_TRY(const bool complete, co_await await_others(request));
        if (complete) break;
    }
    co_return assemble(request);
}

Awaitable<void> CachedEmbedder::ask_shared(TenantScope tenant, Request& request) {
    std::vector<CacheKey> missing;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < request.keys.size(); ++i) {
        if (cache_.get(request.keys[i])) continue;
        missing.push_back(request.keys[i]);
        places.push_back(i);
    }
    if (missing.empty()) co_return;
    auto found = co_await shared_->get(tenant, std::move(missing));
    for (std::size_t i = 0; i < found.size() && i < places.size(); ++i) {
        if (!found[i] || !is_rows(*found[i], facts_.dimensions)) continue;
        request.rows[places[i]] = std::make_shared<const std::vector<float>>(*std::move(found[i]));
        cache_.put(request.keys[places[i]], request.rows[places[i]]);
    }
}

// Each text that is still unknown is in the cache, being embedded by someone, or ours to embed.
void CachedEmbedder::sort_out(Request& request, Owned& owned) {
    for (std::size_t i = 0; i < request.texts.size(); ++i) {
        if (request.rows[i]) continue;
        request.rows[i] = cache_.get(request.keys[i]);
        if (request.rows[i]) continue;
        auto [flight, is_ours] = flights_.join(request.keys[i]);
        if (is_ours) owned.add(i, request.keys[i]);
        else request.joined.emplace_back(i, std::move(flight));
    }
}

Task<> CachedEmbedder::fetch(TenantScope tenant, Request& request, Purpose purpose, Owned& owned) {
    std::vector<std::string> texts;
    for (const auto& [i, key] : owned.texts()) texts.push_back(request.texts[i]);
    const auto made = co_await source_->embed(std::move(texts), purpose);
    if (!made) {
        // That this call was cancelled is its own affair: `owned` tells the others to go on without it.
        if (made.error().code != ErrorCode::cancelled) owned.land([&](std::size_t) { return made.error(); });
        co_return std::unexpected(made.error());
    }
    std::vector<std::pair<CacheKey, Rows>> fresh;
    for (std::size_t n = 0; n < owned.texts().size(); ++n) {
        const auto [i, key] = owned.texts()[n];
        const auto rows = made->rows_of(n);
        request.rows[i] = std::make_shared<const std::vector<float>>(rows.begin(), rows.end());
        cache_.put(key, request.rows[i]);
        fresh.emplace_back(key, request.rows[i]);
    }
    owned.land([&](std::size_t i) { return request.rows[i]; });
    if (shared_ != nullptr) shared_->put(tenant, fresh, kSharedVectorLife);
    co_return Result<void>();
}

// False when a text was abandoned by the call that embedded it.
Task<bool> CachedEmbedder::await_others(Request& request) {
    bool complete = true;
    for (const auto& [i, flight] : std::exchange(request.joined, {})) {
        while (flights_.wait(*flight, request.waiter)) {
            if (!co_await request.waiter->wait(kForever)) co_return fail(ErrorCode::cancelled, "The embedding was cancelled");
        }
        if (const auto* rows = std::get_if<Rows>(&flight->outcome)) request.rows[i] = *rows;
        else if (const auto* error = std::get_if<Error>(&flight->outcome)) co_return std::unexpected(*error);
        else complete = false;
    }
    co_return complete;
}

EmbeddedTexts CachedEmbedder::assemble(const Request& request) const {
    EmbeddedTexts out;
    out.vectors.dimensions = facts_.dimensions;
    for (const auto& rows : request.rows) {
        out.first.push_back(out.vectors.size());
        out.vectors.values.insert(out.vectors.values.end(), rows->begin(), rows->end());
    }
    out.first.push_back(out.vectors.size());
    return out;
}

}  // namespace agentic::embeddings

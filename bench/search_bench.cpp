// The in-process vector index against hnswlib and pgvector on the same vectors, in one run on one core. Prints one JSON object; bench/run.py starts it and makes the table.
#include <hnswlib/hnswlib.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "knowledge/vector_index.hpp"
#include "knowledge/vector_kernels.hpp"

namespace {

using namespace agentic;
using knowledge::VectorIndex;

constexpr std::size_t kK = 10;
constexpr std::size_t kDimensions = 384;
constexpr std::size_t kWidths[] = {32, 48, 64, 96, 128, 192, 256, 384};

struct Vectors {
    std::size_t count = 0;
    std::vector<float> values;
    std::span<const float> row(std::size_t i) const { return {values.data() + i * kDimensions, kDimensions}; }
};

void normalise(std::span<float> row) {
    double squares = 0;
    for (const float v : row) squares += static_cast<double>(v) * v;
    for (float& v : row) v = static_cast<float>(v / std::sqrt(squares));
}

// Points around topics in a space of 48 dimensions, turned into 384 with a little noise in each: about as spread as sentence embeddings.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed), basis_(kInner * kDimensions), topics_(kTopics * kInner) {
        for (auto& v : basis_) v = normal_(random_);
        for (auto& v : topics_) v = normal_(random_);
    }
    Vectors make(std::size_t count) {
        Vectors out{count, std::vector<float>(count * kDimensions)};
        std::vector<float> inner(kInner);
        for (std::size_t i = 0; i < count; ++i) {
            const auto topic = random_() % kTopics;
            for (std::size_t d = 0; d < kInner; ++d) inner[d] = topics_[topic * kInner + d] + normal_(random_);
            auto* row = out.values.data() + i * kDimensions;
            for (std::size_t d = 0; d < kInner; ++d) {
                for (std::size_t j = 0; j < kDimensions; ++j) row[j] += inner[d] * basis_[d * kDimensions + j];
            }
            for (std::size_t j = 0; j < kDimensions; ++j) row[j] += normal_(random_);
            normalise({row, kDimensions});
        }
        return out;
    }

private:
    static constexpr std::size_t kInner = 48, kTopics = 200;
    std::mt19937_64 random_;
    std::normal_distribution<float> normal_;
    std::vector<float> basis_, topics_;
};

Uuid id_of(std::size_t i) {
    Uuid::Bytes bytes{};
    std::memcpy(bytes.data(), &i, sizeof i);
    return Uuid(bytes);
}

std::size_t number_of(const Uuid& id) {
    std::size_t out = 0;
    std::memcpy(&out, id.bytes().data(), sizeof out);
    return out;
}

using Answers = std::vector<std::vector<std::size_t>>;

// The exact answers, in double precision.
Answers exact(const Vectors& rows, const Vectors& queries) {
    Answers out;
    std::vector<std::pair<double, std::size_t>> scores(rows.count);
    for (std::size_t q = 0; q < queries.count; ++q) {
        for (std::size_t i = 0; i < rows.count; ++i) {
            const auto a = rows.row(i), b = queries.row(q);
            double sum[4] = {};
            for (std::size_t j = 0; j < kDimensions; j += 4) {
                for (std::size_t l = 0; l < 4; ++l) sum[l] += static_cast<double>(a[j + l]) * b[j + l];
            }
            scores[i] = {-(sum[0] + sum[1] + sum[2] + sum[3]), i};
        }
        std::partial_sort(scores.begin(), scores.begin() + kK, scores.end());
        auto& answer = out.emplace_back();
        for (std::size_t i = 0; i < kK; ++i) answer.push_back(scores[i].second);
    }
    return out;
}

double recall(const Answers& wanted, const Answers& got) {
    std::size_t found = 0;
    for (std::size_t q = 0; q < wanted.size(); ++q) {
        for (const auto i : got[q]) found += std::ranges::contains(wanted[q], i);
    }
    return static_cast<double>(found) / static_cast<double>(wanted.size() * kK);
}

struct Measured {
    double per_second = 0;
    double recall = 0;
};

// CPU time of this thread: the figures of in-process searches are per core, whatever else the machine does.
double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// CPU time of another process, in steps of 10 ms.
double cpu_seconds_of(int process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text(std::istreambuf_iterator<char>(file), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Runs every query over and over until `clock` has moved on by `seconds`.
template <class Search>
Measured measure(const Vectors& queries, const Answers& wanted, double seconds, Search search, const std::function<double()>& clock = cpu_seconds) {
    Answers got;
    for (std::size_t q = 0; q < queries.count; ++q) got.push_back(search(queries.row(q)));
    const double start = cpu_seconds();
    std::size_t done = 0;
    double elapsed = 0;
    do {
        for (std::size_t q = 0; q < queries.count; ++q, ++done) search(queries.row(q));
        elapsed = clock() - start;
    } while (elapsed < seconds);
    return {static_cast<double>(done) / elapsed, recall(wanted, got)};
}

void fill(VectorIndex& index, const Vectors& rows) {
    for (std::size_t i = 0; i < rows.count; ++i) index.add({id_of(i), id_of(i / 10)}, rows.row(i));
}

Measured measure_ours(const VectorIndex& index, const Vectors& queries, const Answers& wanted, double seconds) {
    return measure(queries, wanted, seconds, [&](std::span<const float> query) {
        std::vector<std::size_t> out;
        for (const auto& hit : index.search(query, kK)) out.push_back(number_of(hit.key.chunk));
        return out;
    });
}

void print(const char* name, const Measured& measured, const char* end = ",") { std::printf("\"%s\": {\"per_second\": %.0f, \"recall\": %.4f}%s", name, measured.per_second, measured.recall, end); }

// pgvector's best plan for a small tenant among others: the tenant's rows by a B-tree, lying together, and an exact sort; prepared, one connection, the
// queries as text beforehand. Counted is the CPU time of its server process and of the client's calls.
Measured measure_pgvector(const char* url, const Vectors& rows, const Vectors& others, const Vectors& queries, const Answers& wanted, double seconds) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url), PQfinish);
    const auto run = [&](const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) {
            std::fprintf(stderr, "%s\n", PQerrorMessage(connection.get()));
            std::exit(1);
        }
    };
    const auto text = [](std::span<const float> row) {
        std::string out = "[";
        for (const float v : row) {
            char buffer[32];
            out.append(buffer, static_cast<std::size_t>(std::snprintf(buffer, sizeof buffer, out.size() > 1 ? ",%.8g" : "%.8g", static_cast<double>(v))));
        }
        return out + "]";
    };
    run("CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS chunks; CREATE TABLE chunks (tenant int, id int, embedding vector(384));"
        "ALTER TABLE chunks ALTER COLUMN embedding SET STORAGE PLAIN; COPY chunks FROM STDIN");
    const auto copy = [&](int tenant, std::size_t i, std::span<const float> row) {
        const auto line = std::to_string(tenant) + "\t" + std::to_string(i) + "\t" + text(row) + "\n";
        PQputCopyData(connection.get(), line.c_str(), static_cast<int>(line.size()));
    };
    for (std::size_t i = 0; i < rows.count; ++i) copy(0, i, rows.row(i));
    for (std::size_t i = 0; i < others.count; ++i) copy(1 + static_cast<int>(i % 9), i, others.row(i));
    PQputCopyEnd(connection.get(), nullptr);
    while (auto* result = PQgetResult(connection.get())) PQclear(result);
    run("CREATE INDEX ON chunks (tenant); CLUSTER chunks USING chunks_tenant_idx; ANALYZE chunks; SET jit = off; SET max_parallel_workers_per_gather = 0");
    PQclear(PQprepare(connection.get(), "q", "SELECT id FROM chunks WHERE tenant = $1 ORDER BY embedding <#> $2::vector LIMIT 10", 0, nullptr));
    std::vector<std::string> texts;
    for (std::size_t q = 0; q < queries.count; ++q) texts.push_back(text(queries.row(q)));
    return measure(queries, wanted, seconds, [&](std::span<const float> query) {
        const char* values[] = {"0", texts[static_cast<std::size_t>(query.data() - queries.values.data()) / kDimensions].c_str()};
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexecPrepared(connection.get(), "q", 2, values, nullptr, nullptr, 0), PQclear);
        std::vector<std::size_t> out;
        for (int i = 0; i < PQntuples(result.get()); ++i) out.push_back(std::stoul(PQgetvalue(result.get(), i, 0)));
        return out;
    }, [process = PQbackendPID(connection.get())] { return cpu_seconds_of(process) + cpu_seconds(); });
}

void bench_tenant(std::size_t count, double seconds, const char* url) {
    Generator generator(1);
    const auto rows = generator.make(count), queries = generator.make(200);
    const auto wanted = exact(rows, queries);
    VectorIndex index(kDimensions);
    fill(index, rows);
    std::printf("{\"kernels\": \"%s\", \"rows\": %zu, \"bytes\": %zu, ", knowledge::vector_kernels().name, count, index.bytes());
    if (url) print("pgvector", measure_pgvector(url, rows, generator.make(9 * count), queries, wanted, seconds));
    print("ours", measure_ours(index, queries, wanted, seconds), "}\n");
}

void bench_graph(std::size_t count, double seconds) {
    Generator generator(2);
    const auto rows = generator.make(count), queries = generator.make(300);
    const auto wanted = exact(rows, queries);
    hnswlib::InnerProductSpace space(kDimensions);
    hnswlib::HierarchicalNSW<float> peer(&space, count, 16, 128);
    auto start = cpu_seconds();
    for (std::size_t i = 0; i < count; ++i) peer.addPoint(rows.row(i).data(), i);
    std::printf("{\"rows\": %zu, \"hnswlib_build_s\": %.1f, ", count, cpu_seconds() - start);
    for (const std::size_t width : kWidths) {
        peer.setEf(width);
        const auto measured = measure(queries, wanted, seconds, [&](std::span<const float> query) {
            auto found = peer.searchKnn(query.data(), kK);
            std::vector<std::size_t> out;
            for (; !found.empty(); found.pop()) out.push_back(found.top().second);
            return out;
        });
        print(("hnswlib " + std::to_string(width)).c_str(), measured);
        if (measured.recall > 0.9995) break;
    }
    const std::atomic<bool> stop = false;
    VectorIndex index(kDimensions);
    fill(index, rows);
    start = cpu_seconds();
    index.build(stop);
    std::printf("\"build_s\": %.1f, \"bytes\": %zu, ", cpu_seconds() - start, index.bytes());
    for (const std::size_t width : kWidths) {
        index.set_search_width(width);
        const auto measured = measure_ours(index, queries, wanted, seconds);
        print(("ours " + std::to_string(width)).c_str(), measured);
        if (measured.recall > 0.9995) break;
    }
    VectorIndex flat(kDimensions, {.flat_rows_max = count});
    fill(flat, rows);
    print("ours exact", measure_ours(flat, queries, wanted, seconds), "}\n");
}

void bench_memory(std::size_t count, bool build) {
    Generator generator(3);
    VectorIndex index(kDimensions);
    for (std::size_t done = 0; done < count; done += 10'000) {
        const auto rows = generator.make(10'000);
        for (std::size_t i = 0; i < rows.count; ++i) index.add({id_of(done + i), id_of(done)}, rows.row(i));
    }
    const std::atomic<bool> stop = false;
    const double start = cpu_seconds();
    if (build) index.build(stop);
    const double seconds = cpu_seconds() - start;
    std::printf("{\"rows\": %zu, \"bytes\": %zu, \"build_s\": %.1f}\n", index.rows(), index.bytes(), seconds);
}

}  // namespace

int main(int count, char** arguments) {
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    const std::string what = count > 1 ? arguments[1] : "";
    const auto number = [&](int at, std::size_t otherwise) { return count > at ? std::stoul(arguments[at]) : otherwise; };
    if (what == "tenant") bench_tenant(number(2, 1'000), 2, count > 3 ? arguments[3] : nullptr);
    else if (what == "graph") bench_graph(number(2, 100'000), 1);
    else if (what == "memory") bench_memory(number(2, 1'000'000), number(3, 1) != 0);
    else return std::fputs("usage: search_bench tenant [ROWS [POSTGRES_URL]] | graph [ROWS] | memory [ROWS [BUILD]]\n", stderr), 2;
    return 0;
}

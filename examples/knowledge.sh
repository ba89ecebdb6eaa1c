#!/usr/bin/env bash
# Documents in, cited answers out: uploads a PDF, a Word file, a web page, Markdown and plain text, waits for them, and asks an agent five questions. Each
# answer must cite the right document, and of the PDF the right page. Needs no key; uses the embedding model that ./start has fetched. Starts its own server with a throw-away data directory.
#
#   examples/knowledge.sh             uses the release that ./start has built
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${AGENTIC_BIN:-}" ] || build/release/agentic version >/dev/null 2>&1 || { [ -z "${IN_ROOT:-}" ] && exec ./dev exec -- env IN_ROOT=1 "examples/$(basename "$0")" "$@"; }   # built in the private root: it runs there
command -v jq >/dev/null && command -v curl >/dev/null && command -v python3 >/dev/null || { echo "this example needs curl, jq and python3" >&2; exit 1; }

step() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
want() { [ "$2" = "$3" ] || { printf 'unexpected %s: %s (wanted %s)\n' "$1" "$2" "$3" >&2; exit 1; }; }
call() { curl --silent --show-error --fail-with-body -H "Authorization: Bearer $token" "$@"; }
json() { call -H 'Content-Type: application/json' "$@"; }

models=${AGENTIC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agentic}/models   # where ./start keeps them; without one, search is by words
[ -n "${MODELS_DIR:-}" ] || [ ! -d "$models/all-MiniLM-L6-v2" ] || export MODELS_DIR=$models
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
DEFAULT_MODEL_PROVIDER=extractive "${AGENTIC_BIN:-build/release/agentic}" serve --port 0 --port-file "$work/port" --data-dir "$work/data" 2>"$work/server.log" &
server=$!
for _ in $(seq 200); do [ -s "$work/port" ] && break; kill -0 "$server" || { cat "$work/server.log" >&2; exit 1; }; sleep 0.05; done
base=http://127.0.0.1:$(cat "$work/port")
curl --silent --show-error --fail "$base/health/ready" >/dev/null   # the port is written when the server is ready

step "A tenant, and a collection for its handbook"
token=$(curl --silent --fail-with-body "$base/v1/auth/register" -H 'Content-Type: application/json' \
    -d '{"tenant_name": "Acme", "email": "ada@example.com", "password": "correct horse battery staple"}' | jq -r .access_token)
collection=$(json "$base/v1/rag/collections" -d '{"name": "Handbook", "chunking": "semantic", "chunk_size": 128, "chunk_overlap": 16}' | jq -r .id)
echo "collection $collection"

step "Five documents, each accepted as soon as it is stored"
python3 examples/make_documents.py "$work/documents"
declare -A documents
for file in safety.pdf travel.docx canteen.html laboratory.md bicycles.txt; do
    documents[$file]=$(call "$base/v1/rag/collections/$collection/documents" -F "file=@$work/documents/$file" -F 'metadata={"handbook": true}' | jq -r .document_id)
    echo "$file is document ${documents[$file]}"
done

step "Waiting until they are searchable"
for file in "${!documents[@]}"; do
    for _ in $(seq 600); do
        state=$(call "$base/v1/rag/documents/${documents[$file]}/status")
        printf '%-14s %-10s %3d %%\r' "$file" "$(jq -r .status <<<"$state")" "$(jq .progress <<<"$state")"
        case $(jq -r .status <<<"$state") in completed) break ;; failed | cancelled) printf '\n'; jq . <<<"$state" >&2; exit 1 ;; esac
        sleep 0.1
    done
    want "status of $file" "$(jq -r .status <<<"$state")" completed
    printf '\n'
done
call "$base/v1/rag/collections/$collection" | jq '{name, document_count, chunk_count, size_bytes}'

step "An agent that answers from the collection"
agent=$(json "$base/v1/agents" -d "{\"name\": \"Librarian\", \"slug\": \"librarian\", \"model_provider\": \"extractive\", \"collection_ids\": [\"$collection\"]}" | jq -r .id)

ask() { # question, file that must be cited, page that must be cited, words of the answer
    local answer
    answer=$(json "$base/v1/agents/$agent/execute" -d "$(jq -n --arg q "$1" '{input: $q}')")
    printf '\n%s\n  %s\n' "$1" "$(jq -r .response <<<"$answer")"
    jq -r '.citations[] | "  cites \(.document_title), page \(.page_number // "-"), \(.section // "-"): “\(.quote)”"' <<<"$answer"
    want "document cited" "$(jq -r '.citations[0].document_id' <<<"$answer")" "${documents[$2]}"
    want "page cited" "$(jq -r '.citations[0].page_number // "none"' <<<"$answer")" "$3"
    [[ $(jq -r .response <<<"$answer") == *"$4"* ]] || { echo "the answer does not say: $4" >&2; exit 1; }
}
step "Five questions"
ask "Where are the life jackets kept?" safety.pdf 2 "blue locker"
ask "Within how many days are receipts handed in?" travel.docx none "thirty days"
ask "What does the vegetarian dish cost?" canteen.html none "four euros and fifty cents"
ask "How far in advance must the electron microscope be booked?" laboratory.md none "two weeks"
ask "Where are bicycles parked?" bicycles.txt none "behind the greenhouse"

step "A search, and the same as a text for a prompt"
json "$base/v1/rag/query" -d "{\"query\": \"emergency channel\", \"collection_id\": \"$collection\", \"top_k\": 2, \"explain\": true}" | jq '{mode, warnings, results: [.results[] | {document_title, page_number, score, content}]}'
json "$base/v1/rag/context" -d "{\"query\": \"emergency channel\", \"collection_ids\": [\"$collection\"], \"top_k\": 1}" | jq -r .context

step "What is deleted is gone at once"
call -X DELETE "$base/v1/rag/documents/${documents[bicycles.txt]}"
want "hits for a deleted document" "$(json "$base/v1/rag/query" -d '{"query": "bicycles greenhouse", "mode": "lexical"}' | jq .total_results)" 0
printf '\nall five answers cite the right document and page\n'

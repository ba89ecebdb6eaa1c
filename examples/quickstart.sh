#!/usr/bin/env bash
# From nothing to an agent that answers, streams and remembers, with curl alone. Starts its own server on a free port with a
# throw-away data directory, and a scripted Anthropic server, since a real one needs a key.
#
#   examples/quickstart.sh             uses the release that ./start has built
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${AGENTIC_BIN:-}" ] || build/release/agentic version >/dev/null 2>&1 || { [ -z "${IN_ROOT:-}" ] && exec ./dev exec -- env IN_ROOT=1 "examples/$(basename "$0")" "$@"; }   # built in the private root: it runs there
command -v jq >/dev/null && command -v curl >/dev/null || { echo "this example needs curl and jq" >&2; exit 1; }

step() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
want() { [ "$2" = "$3" ] || { printf 'unexpected %s: %s (wanted %s)\n' "$1" "$2" "$3" >&2; exit 1; }; }
json() { curl --silent --show-error --fail-with-body -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$@"; }

work=$(mktemp -d)
trap 'kill "${server:-}" "${model:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

serve() { # starts the server on the work directory and waits until it is ready
    rm -f "$work/port"
    ANTHROPIC_API_KEY=sk-ant-scripted ANTHROPIC_BASE_URL=http://127.0.0.1:$model_port OUTBOUND_ALLOW=127.0.0.1/32 DEFAULT_MODEL_PROVIDER=extractive \
        "${AGENTIC_BIN:-build/release/agentic}" serve --port 0 --port-file "$work/port" --data-dir "$work/data" 2>>"$work/server.log" &
    server=$!
    for _ in $(seq 200); do [ -s "$work/port" ] && break; kill -0 "$server" || { cat "$work/server.log" >&2; exit 1; }; sleep 0.05; done
    base=http://127.0.0.1:$(cat "$work/port")
    curl --silent --show-error --fail "$base/health/ready" >/dev/null   # the port is written when the server is ready
}

step "A scripted Anthropic server"
python3 tests/support/scripted_llm.py --port-file "$work/model.port" >"$work/model.log" 2>&1 &
model=$!
for _ in $(seq 100); do [ -s "$work/model.port" ] && break; sleep 0.05; done
model_port=$(cat "$work/model.port")
serve
echo "serving on $base"

step "Register: a tenant and its owner"
curl --silent --fail-with-body "$base/v1/auth/register" -H 'Content-Type: application/json' \
    -d '{"tenant_name": "Acme", "email": "ada@example.com", "password": "correct horse battery staple"}' >"$work/register.json"
jq '{token_type, expires_in, user}' "$work/register.json"

step "Log in"
token=$(curl --silent --fail-with-body "$base/v1/auth/login" -H 'Content-Type: application/json' \
    -d '{"email": "ada@example.com", "password": "correct horse battery staple"}' | jq -r .access_token)
want "access token" "$(grep -o '\.' <<<"$token" | wc -l)" 2

step "An agent that needs no model key: it answers from what it is given and cites it"
librarian=$(json "$base/v1/agents" -d '{"name": "Librarian", "slug": "librarian", "model_provider": "extractive", "model_name": "extractive"}' | jq -r .id)
json "$base/v1/agents/$librarian/execute" -d '{
    "input": "When does the warehouse open on Saturday?",
    "context": {"documents": [{"title": "Opening hours", "text": "The shop opens at nine. The warehouse opens at seven on Saturday and stays closed on Sunday. Deliveries arrive at noon."}]}
}' >"$work/answer.json"
jq '{response, citations, token_usage, latency_ms}' "$work/answer.json"
grep -q "seven on Saturday" <(jq -r .response "$work/answer.json") || { echo "the answer does not quote the document" >&2; exit 1; }
conversation=$(jq -r .conversation_id "$work/answer.json")

step "A follow-up in the same conversation: it remembers"
json "$base/v1/agents/$librarian/execute" -d "{\"input\": \"And is it open on Sunday?\", \"conversation_id\": \"$conversation\"}" | jq '{response}'

step "An agent on the Anthropic protocol, streaming"
writer=$(json "$base/v1/agents" -d '{"name": "Writer", "slug": "writer", "model_provider": "anthropic", "model_name": "claude-sonnet-5-5"}' | jq -r .id)
json --no-buffer "$base/v1/agents/$writer/execute" -d '{"input": "Say hello", "stream": true}' | tee "$work/stream.txt"
grep -q '^event: complete' "$work/stream.txt" || { echo "the stream did not complete" >&2; exit 1; }
run=$(sed -n 's/^data: //p' "$work/stream.txt" | head -n 1 | jq -r .run_id)

step "Rejoin the stream after event 2: the same events again"
json "$base/v1/runs/$run/events?after=2" -H 'Accept: text/event-stream' >"$work/replay.txt"
want "first replayed id" "$(sed -n 's/^id: //p' "$work/replay.txt" | head -n 1)" 3

step "Restart the server: everything is still there"
kill -TERM "$server"; wait "$server" || true
serve
want "messages after the restart" "$(json "$base/v1/conversations/$conversation/messages" | jq '.data | length')" 4
want "agents after the restart" "$(json "$base/v1/agents" | jq .pagination.total)" 2
json "$base/v1/conversations/$conversation/messages" | jq -r '.data[] | "\(.sequence_number) \(.role): \(.content)"'

step "Done"

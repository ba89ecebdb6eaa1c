#!/usr/bin/env bash
# The OpenAPI document passes a linter, and the live server keeps to it: contract.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/.."
AGENTIC_CACHE=${AGENTIC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agentic}
. scripts/tools.sh
binary=$1
work=$(mktemp -d)
trap 'kill "${server:-}" "${model:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

"$binary" openapi >"$work/openapi.json"
redocly=$(npm_tools redocly @redocly/cli@2.77.0)
"$redocly/redocly" lint --config tests/contract/redocly.yaml "$work/openapi.json"

python3 tests/support/scripted_llm.py --port-file "$work/model.port" >"$work/model.log" 2>&1 &
model=$!
for _ in $(seq 100); do [ -s "$work/model.port" ] && break; sleep 0.1; done
model_url=http://127.0.0.1:$(cat "$work/model.port")

# Every provider is configured, so that a valid request has no reason to fail.
ANTHROPIC_API_KEY=sk-ant-contract ANTHROPIC_BASE_URL=$model_url OPENAI_API_KEY=sk-contract OPENAI_BASE_URL=$model_url/v1 OPENAI_COMPATIBLE_BASE_URL=$model_url/v1 \
    MODELS_DIR="$AGENTIC_CACHE/models" OUTBOUND_ALLOW=127.0.0.1/32 ENVIRONMENT=development LOG_LEVEL=warning "$binary" serve --port 0 --port-file "$work/port" --data-dir "$work/data" 2>"$work/log" &
server=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.1; done
base=http://127.0.0.1:$(cat "$work/port")
token=$(curl -sf "$base/v1/auth/register" -H 'content-type: application/json' \
    -d '{"tenant_name":"Contract","email":"contract@example.com","password":"a long contract password"}' | jq -r .access_token)
tools=$(python_tools schemathesis tests/contract/requirements.txt)
# A body can fit the schema and break a rule across fields, so valid data may be refused; with a 4xx that the document knows.
# Signing out would end the session of the run itself.
"$tools/schemathesis" run "$base/openapi.json" --header "Authorization: Bearer $token" --max-examples "${CONTRACT_EXAMPLES:-15}" --workers 2 --seed 1 \
    --request-timeout 10 --exclude-path-regex '^/v1/auth/(logout|password|login|refresh)|^/docs|^/v1/docs|^/$' --phases examples,coverage,fuzzing \
    --exclude-checks unsupported_method,positive_data_acceptance || { tail -n 30 "$work/log" >&2; exit 1; }
kill -0 "$server" || { echo "the server died" >&2; tail -n 50 "$work/log" >&2; exit 1; }

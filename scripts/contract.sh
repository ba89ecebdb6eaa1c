#!/usr/bin/env bash
# The OpenAPI document passes a linter, and the live server keeps to it: contract.sh BINARY
set -euo pipefail
cd "$(dirname "$0")/.."
AGENTIC_CACHE=${AGENTIC_CACHE:-$HOME/.cache/agentic}
. scripts/tools.sh
binary=$1
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

"$binary" openapi >"$work/openapi.json"
redocly=$(npm_tools redocly @redocly/cli@2.77.0)
"$redocly/redocly" lint --config tests/contract/redocly.yaml "$work/openapi.json"

ENVIRONMENT=development "$binary" serve --port 0 --port-file "$work/port" --data-dir "$work/data" 2>"$work/log" &
server=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.1; done
base=http://127.0.0.1:$(cat "$work/port")
token=$(curl -sf "$base/v1/auth/register" -H 'content-type: application/json' \
    -d '{"tenant_name":"Contract","email":"contract@example.com","password":"a long contract password"}' | jq -r .access_token)
tools=$(python_tools schemathesis tests/contract/requirements.txt)
# Signing out would end the session of the run itself.
"$tools/schemathesis" run "$base/openapi.json" --header "Authorization: Bearer $token" --max-examples "${CONTRACT_EXAMPLES:-15}" --workers 2 --seed 1 \
    --request-timeout 10 --exclude-path-regex '^/v1/auth/(logout|password|login|refresh)|^/docs|^/v1/docs|^/$' --phases examples,coverage,fuzzing \
    --exclude-checks unsupported_method || { tail -n 30 "$work/log" >&2; exit 1; }
kill -0 "$server" || { echo "the server died" >&2; tail -n 50 "$work/log" >&2; exit 1; }

#!/usr/bin/env bash
# What ./start carries into the private root: every way of naming a path, and nothing that is there anyway.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /var/tmp/agentic-carried-XXXXXX)      # below /var, so left out of the root
home=$(mktemp -d)                                      # below /tmp, so in the root anyway
trap 'rm -rf "$work" "$home"' EXIT
failed=0

carried() { # carried FLAG...: the paths, sorted, on one line; in a clean environment but for NAME=value words before the flags
    local settings=()
    while [[ ${1:-} =~ ^[A-Z_]+= ]]; do settings+=("$1"); shift; done
    ( cd "$home" && env -i PATH="$PATH" HOME="$home" "${settings[@]}" bash -c '
        set -euo pipefail
        . "$0/scripts/platform.sh"; . "$0/scripts/named_paths.sh"
        read_named_paths "$@"; carry_named_paths
        printf "%s" "$AGENTIC_BIND" | sort | paste -sd" " -' "$repo" "$@" 2>&1 )
}
expect() { # expect WHAT WANTED GOT
    [ "$2" = "$3" ] || { printf 'FAILED %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3" >&2; failed=1; }
}

mkdir -p "$work/etc" "$work/models" "$work/run" "$home/data"
: >"$work/etc/jwt"; printf 'MODELS_DIR="%s/models"\nJWT_SECRET_FILE=%s/etc/jwt # a comment\n' "$work" "$work" >"$work/etc/agentic.conf"

expect "nothing named" "" "$(carried)"
expect "a directory of the user" "" "$(carried --data-dir "$home/data")"
expect "--data-dir" "$work/a" "$(carried --data-dir "$work/a" --port 1)"
expect "--data-dir=" "$work/b" "$(carried --migrate "--data-dir=$work/b")"
expect "the data directory is made, for its owner only" "700" "$(stat -c %a "$work/a")"
expect "DATA_DIR" "$work/c" "$(carried "DATA_DIR=$work/c")"
expect "a flag goes before the environment" "$work/a" "$(carried "DATA_DIR=$work/never" --data-dir "$work/a")"
expect "what nobody uses is not made" "no" "$([ -e "$work/never" ] && echo yes || echo no)"
expect "a path with a space" "$work/with space" "$(carried --data-dir "$work/with space")"
expect "--config and what the file names" "$work/etc/agentic.conf $work/etc/jwt $work/models" "$(carried --config "$work/etc/agentic.conf")"
expect "CONFIG_FILE" "$work/etc/agentic.conf $work/etc/jwt $work/models" "$(carried "CONFIG_FILE=$work/etc/agentic.conf")"
expect "a secret's file" "$work/etc/jwt" "$(carried --jwt-secret-file "$work/etc/jwt")"
expect "JWT_SECRET_FILE" "$work/etc/jwt" "$(carried "JWT_SECRET_FILE=$work/etc/jwt")"
expect "what is not there" "" "$(carried "JWT_SECRET_FILE=$work/etc/none" "RERANK_MODEL=some-model")"
expect "PostgreSQL's socket" "$work/run" "$(carried "DATABASE_URL=postgresql:///agentic?user=a&host=$work/run")"
expect "PostgreSQL's socket, encoded" "$work/run" "$(carried "DATABASE_URL=postgresql:///agentic?host=${work//\//%2F}%2Frun")"
expect "the port file's directory" "$work/run" "$(carried --port-file "$work/run/port")"
[[ $(carried --port-file /run/port || true) == *"inside the private root"* ]] || expect "a port file in /run itself" "refused" "$(carried --port-file /run/port || true)"

printf "export DATA_DIR='%s/d'\n" "$work" >"$home/.env"
expect ".env" "$work/d" "$(carried)"
ln -s "$work/a" "$home/link"
expect "a link out of the user's directories" "$work/a" "$(carried --data-dir "$home/link")"
[ "$failed" = 0 ] && echo "the paths are carried in"
exit "$failed"

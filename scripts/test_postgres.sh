#!/usr/bin/env bash
# test_postgres.sh COMMAND...: runs the command with a throw-away PostgreSQL 17 beside it, named by AGENTIC_TEST_POSTGRES_URL (a superuser's URL),
# and stops the server however the command ends. It listens on a Unix socket in a temporary directory only.
# AGENTIC_TEST_PG_FSYNC=0 turns fsync off: quicker, and fit for everything but durability tests.
# A server that is already named by AGENTIC_TEST_POSTGRES_URL is used as it is. Run it on the reference platform (./dev exec -- ...).
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
[ -z "${AGENTIC_TEST_POSTGRES_URL:-}" ] || exec "$@"

bin=$(ls -d /usr/lib/postgresql/17/bin 2>/dev/null) || { echo "PostgreSQL 17 is not installed" >&2; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/agentic-pg-XXXXXX")
as_owner=()
if [ "$(id -u)" = 0 ]; then   # PostgreSQL refuses to run as root
    chown postgres "$dir"
    as_owner=(runuser -u postgres --)
fi

stop() {
    "${as_owner[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_server() {
    cd "$dir"
    "${as_owner[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 200
shared_buffers = 64MB
timezone = 'UTC'
logging_collector = off
fsync = $([ "${AGENTIC_TEST_PG_FSYNC:-1}" = 0 ] && echo off || echo on)
CONF
    "${as_owner[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start
}
( start_server ) >"$dir/setup.log" 2>&1 || { cat "$dir/setup.log" "$dir/server.log" >&2 2>/dev/null; echo "PostgreSQL did not start" >&2; exit 1; }

export AGENTIC_TEST_POSTGRES_URL="postgresql:///postgres?host=$dir&user=postgres"
status=0
"$@" || status=$?
exit "$status"

# Building, sourced by start, check and dev after platform.sh.

export CCACHE_DIR=$AGENTIC_CACHE/ccache CCACHE_BASEDIR=$AGENTIC_REPO CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=10G CCACHE_SLOPPINESS=pch_defines,time_macros
export NINJA_STATUS='[%f/%t %es] '

# build_target PRESET TARGET...: configures when needed and builds. Quiet on success apart from a progress line; the errors on failure.
build_target() {
    local preset=$1; shift
    local log=$AGENTIC_REPO/build/$preset.log status=0 pid
    mkdir -p "$AGENTIC_REPO/build"
    ( cd "$AGENTIC_REPO" && run_inside bash -c '
        preset=$1; shift
        [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" || exit 1
        exec cmake --build "build/$preset" --target "$@"' build "$preset" "$@" ) >"$log" 2>&1 &
    pid=$!
    progress_of "$pid" "$log" "Building $preset"
    wait "$pid" || status=$?
    [ "$status" = 0 ] && return 0
    grep -nE 'error:|Error |FAILED:' "$log" | head -n 40 >&2
    tail -n 20 "$log" >&2
    die "the build failed (whole log: $log)"
}

progress_of() { # progress_of PID LOG WHAT: one line that moves on a terminal, a line every 15 s elsewhere, nothing when it is quick
    local waited=0 shown=0 state
    while kill -0 "$1" 2>/dev/null; do
        sleep 0.2; waited=$((waited + 1))
        [ "$waited" -gt 8 ] || continue
        state=$(grep -oE '^\[[0-9]+/[0-9]+ [^]]*\]' "$2" 2>/dev/null | tail -n 1 || true)
        if [ -t 2 ]; then printf '\r\033[K\033[1m==>\033[0m %s %s' "$3" "$state" >&2; shown=1
        elif [ $((waited % 75)) = 9 ]; then say "$3 $state"; fi
    done
    [ "$shown" = 0 ] || printf '\r\033[K' >&2
}

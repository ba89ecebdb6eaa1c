# Test tools from the package registries, pinned by name and version and kept in the user's cache: sourced by scripts that need them.

# python_tools NAME REQUIREMENTS: a virtual environment with exactly these requirements; prints its bin directory.
python_tools() {
    local dir=$AGENTIC_CACHE/tools/$1 stamp
    stamp=$dir/.ready-$(sha256sum <"$2" | cut -c1-16)
    if [ ! -e "$stamp" ]; then
        rm -rf "$dir"; python3 -m venv "$dir" >&2
        "$dir/bin/pip" install --quiet --disable-pip-version-check -r "$2" >&2 || return 1
        : >"$stamp"
    fi
    echo "$dir/bin"
}

# npm_tools NAME PACKAGE@VERSION...: a node_modules directory with exactly these packages; prints its .bin directory.
npm_tools() {
    local name=$1 dir stamp; shift
    dir=$AGENTIC_CACHE/tools/$name
    stamp=$dir/.ready-$(printf '%s' "$*" | sha256sum | cut -c1-16)
    if [ ! -e "$stamp" ]; then
        rm -rf "$dir"; mkdir -p "$dir"
        ( cd "$dir" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund --ignore-scripts "$@" ) >&2 || return 1
        : >"$stamp"
    fi
    echo "$dir/node_modules/.bin"
}

#!/usr/bin/env bash
# Fetches the parts of Swagger UI that we embed, checks them, and prints the directory that holds them: fetch_assets.sh
#
# They come from the Python package flask-swagger-ui, which carries the unchanged distribution of Swagger UI (Apache-2.0): every machine that
# builds us has Python, few have Node. pip refuses an archive with any other hash. The result is kept in the user's cache.
set -euo pipefail

version=5.34.0
sha256=63e4ecfee6345ca746c11c5341c6f2a1cbe271e518aac1659889cd3905b1110f
files=(swagger-ui-bundle.js swagger-ui.css)

cache=${AGENTIC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agentic}/assets
target=$cache/swagger-ui-$version
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

if [ ! -e "$target/complete" ]; then
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9                                   # several builds may start at once
fi
if [ ! -e "$target/complete" ]; then
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    pip=(python3 -m pip)
    if ! python3 -m pip --version >/dev/null 2>&1; then
        python3 -m venv "$work/venv" || die "Swagger UI cannot be fetched: python3-venv is missing"
        pip=("$work/venv/bin/python" -m pip)
    fi
    printf 'flask-swagger-ui==%s --hash=sha256:%s\n' "$version" "$sha256" >"$work/requirements.txt"
    "${pip[@]}" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r "$work/requirements.txt" -d "$work/wheel" >&2 ||
        die "Swagger UI $version cannot be fetched with pip (package flask-swagger-ui). Put ${files[*]} of that version into $target, with an empty file 'complete', to build without a network."
    python3 - "$work"/wheel/*.whl "$work/out" "${files[@]}" <<'PYTHON'
import pathlib, sys, zipfile
wheel, out, *files = sys.argv[1:]
pathlib.Path(out).mkdir()
with zipfile.ZipFile(wheel) as archive:
    for name in files:
        pathlib.Path(out, name).write_bytes(archive.read(f"flask_swagger_ui/dist/{name}"))
PYTHON
    touch "$work/out/complete"
    rm -rf "$target"
    mv "$work/out" "$target"
fi
echo "$target"

# The default embedding model and the vocabulary that counts OpenAI's tokens, sourced by start after the release is built: fetched once into the user's cache,
# shared by all checkouts.

# Sets MODELS_DIR to the shared directory. Goes on with a warning when something cannot be fetched.
embedding_models_ready() {
    export MODELS_DIR=$AGENTIC_CACHE/models
    fetch_once all-MiniLM-L6-v2 config.json "the embedding model all-MiniLM-L6-v2 (once, 84 MB)" "documents can be searched by words only"
    fetch_once cl100k_base cl100k_base.tiktoken "the vocabulary cl100k_base (once, 1 MB)" "tokens of OpenAI's embedding models are estimated"
}

fetch_once() { # fetch_once NAME FILE WHAT OTHERWISE
    local stamp=$MODELS_DIR/.verified-$1 log=$AGENTIC_CACHE/model.log
    [ -e "$stamp" ] && [ -e "$MODELS_DIR/$1/$2" ] && return 0
    say "Fetching $3"
    mkdir -p "$MODELS_DIR"
    if ( run_inside "$AGENTIC_REPO/build/release/agentic" models install "$1" ) </dev/null >"$log" 2>&1; then
        : >"$stamp"
        return 0
    fi
    tail -n 3 "$log" >&2
    say "Going on without it: $4 until this succeeds: agentic models install $1 (log: $log)"
}

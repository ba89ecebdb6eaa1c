# The default embedding model, sourced by start after the release is built: fetched once into the user's cache, shared by all checkouts.

AGENTIC_MODEL=all-MiniLM-L6-v2

# Sets MODELS_DIR to the shared directory unless the operator has set it. Goes on with a warning when the model cannot be fetched.
embedding_model_ready() {
    [ -z "${MODELS_DIR:-}" ] || return 0
    export MODELS_DIR=$AGENTIC_CACHE/models
    local stamp=$MODELS_DIR/.verified-$AGENTIC_MODEL log=$AGENTIC_CACHE/model.log
    [ -e "$stamp" ] && [ -e "$MODELS_DIR/$AGENTIC_MODEL/config.json" ] && return 0
    say "Fetching the embedding model $AGENTIC_MODEL (once, 84 MB)"
    mkdir -p "$MODELS_DIR"
    if ( run_inside "$AGENTIC_REPO/build/release/agentic" models install "$AGENTIC_MODEL" ) </dev/null >"$log" 2>&1; then
        : >"$stamp"
        return 0
    fi
    tail -n 3 "$log" >&2
    say "Going on without the embedding model: documents can be searched by words only until this succeeds: agentic models install $AGENTIC_MODEL (log: $log)"
}

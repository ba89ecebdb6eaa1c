# Paths that the server is told about, sourced by start after platform.sh; and how those that the private root does not have get into it.
#
# The private root carries in the host's directories but for those that are a system's own (/etc, /run, /usr, /var, ...). What a setting names below one of
# these is carried in by itself; otherwise the server would not see the file, or would write into the cache of this checkout's platform.

PATH_SETTINGS='DATA_DIR MODELS_DIR RERANK_MODEL MODEL_PRICES OUTBOUND_CA_FILE CONFIG_FILE'   # and every NAME_FILE

is_left_out() { case $1 in /bin/?* | /boot/?* | /etc/?* | /lib*/?* | /run/?* | /sbin/?* | /usr/?* | /var/?*) return 0 ;; esac; return 1; }

declare -A named=()      # variable -> what flags, environment, .env or config file set it to; as for the server, the first of these wins
env_file=.env port_file=

read_named_paths() { # read_named_paths FLAG...
    local argument name
    while [ $# -gt 0 ]; do
        argument=$1; shift
        case $argument in
        --*=*) name=${argument%%=*}; argument=${argument#*=} ;;
        --migrate) continue ;;
        --*) name=$argument; argument=${1:-}; [ $# = 0 ] || shift ;;
        *) continue ;;
        esac
        case $name in
        --env-file) env_file=$argument ;;
        --port-file) port_file=$argument ;;
        --config) name_path CONFIG_FILE "$argument" ;;
        *) name=${name#--}; name=${name^^}; name_path "${name//-/_}" "$argument" ;;
        esac
    done
    while IFS='=' read -r -d '' name argument; do name_path "$name" "$argument"; done < <(env -0)
    paths_of_file "$env_file"
    [ -z "${named[CONFIG_FILE]:-}" ] || paths_of_file "${named[CONFIG_FILE]}"
}

carry_named_paths() { # sets AGENTIC_BIND to those that the root does not have, one a line
    local name
    AGENTIC_BIND=
    case ${named[DATABASE_URL]:-} in *[?\&]host=/* | *[?\&]host=%2[Ff]*) carry_socket "${named[DATABASE_URL]}" ;; esac
    unset 'named[DATABASE_URL]'
    carry "$env_file"
    [ -z "$port_file" ] || carry_parent "$port_file"
    [ -z "${named[DATA_DIR]:-}" ] || make_left_out "${named[DATA_DIR]}"
    for name in "${!named[@]}"; do carry "${named[$name]}"; done
    export AGENTIC_BIND
}

name_path() { # name_path VARIABLE VALUE: remembers the value of a setting that is a path
    case " $PATH_SETTINGS DATABASE_URL " in *" $1 "*) ;; *) case $1 in *_FILE) ;; *) return 0 ;; esac ;; esac
    [ -z "$2" ] || [ -n "${named[$1]:-}" ] || named[$1]=$2
}

paths_of_file() { # paths_of_file FILE: of NAME=value lines, as the server reads them
    [ -r "$1" ] || return 0
    local line value
    while IFS= read -r line || [ -n "$line" ]; do
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Z_]+)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
        value=${BASH_REMATCH[3]}
        case $value in
        \'*) value=${value#\'}; value=${value%%\'*} ;;
        \"*) value=${value#\"}; value=${value%%\"*} ;;
        *) value=${value%%[[:space:]]#*}; value=${value%"${value##*[![:space:]]}"} ;;
        esac
        name_path "${BASH_REMATCH[2]}" "$value"
    done <"$1"
}

carry() { # carry PATH: what it names, and where links on the way lead. What is not there the server reports itself.
    local path
    for path in "$(realpath -m -s -- "$1")" "$(realpath -m -- "$1")"; do
        is_left_out "$path" && [ -e "$path" ] || continue
        case $'\n'$AGENTIC_BIND in *$'\n'"$path"$'\n'*) continue ;; esac
        AGENTIC_BIND+=$path$'\n'
    done
}

carry_parent() { # of a file that the server makes
    local parent
    parent=$(dirname -- "$(realpath -m -- "$1")")
    is_left_out "$parent" || ! is_left_out "$parent/file" || die "$1 would be made inside the private root: name a file in a directory below $parent"
    carry "$parent"
}

make_left_out() { # make_left_out DIRECTORY: on the host, where the server would not reach
    local path
    path=$(realpath -m -- "$1")
    ! is_left_out "$path" || [ -d "$path" ] || mkdir -p -m 0700 -- "$path" || die "the data directory $1 cannot be made"
}

carry_socket() { # of postgresql://...?host=/run/postgresql, percent-encoded or not
    local host=${1##*[?&]host=}
    host=${host%%&*}
    carry "${host//%2[Ff]//}"
}

# The reference platform (Debian 13): sourced by start, check and dev.
#
# On Debian 13 packages are installed and everything runs natively. On any other machine a private Debian 13
# root is made once in the user's cache directory, and commands run inside it, in a mount namespace of their own:
# the host's directories are carried in at the same paths, and every mount vanishes with the process, however it ends.

AGENTIC_REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export AGENTIC_CACHE=${AGENTIC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agentic}   # for every script that is started from here
AGENTIC_ROOT=$AGENTIC_CACHE/debian-13
AGENTIC_SUITE=trixie

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "root rights are needed to run: $* (run as root, or install sudo)"; fi
}

# Packages of the sets named ("build", "test", ...): scripts/packages/<set>.txt, '#' starts a comment.
packages_of() { local set; for set in "$@"; do sed 's/#.*//' "$AGENTIC_REPO/scripts/packages/$set.txt"; done | tr -s ' \n' '\n' | sed '/^$/d'; }

platform_is_native() {
    [ "${AGENTIC_INSIDE:-}" = 1 ] && return 0
    [ "${AGENTIC_PRIVATE_ROOT:-}" = 1 ] && return 1          # force the private root (tests of these scripts)
    [ -r /etc/os-release ] && grep -q "^VERSION_CODENAME=$AGENTIC_SUITE" /etc/os-release
}

host_mirror() { # the Debian mirror this machine already uses
    [ -n "${DEBIAN_MIRROR:-}" ] && { echo "$DEBIAN_MIRROR"; return; }
    { cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs: *\([^ ]*\).*/\1/p'
      cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\).*/\2/p'
    } | grep -E '/debian/?$' | head -n 1 || true
}

apt_quiet() { # apt_quiet LOG COMMAND...: quiet on success, the end of the log on failure
    local log=$1; shift
    "$@" </dev/null >>"$log" 2>&1 || { tail -n 30 "$log" >&2; die "failed: $* (whole log: $log)"; }
}

make_root() {
    [ "$(id -u)" = 0 ] || die "this is not Debian 13: the private Debian 13 root needs root rights once and to enter it; run with sudo"
    local log=$AGENTIC_CACHE/debian-13.log mirror
    if ! command -v debootstrap >/dev/null; then
        say "Installing debootstrap"
        apt_quiet "$log" apt-get update
        apt_quiet "$log" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap
    fi
    mirror=$(host_mirror)
    [ -n "$mirror" ] || die "no Debian mirror found in the apt sources of this machine; set DEBIAN_MIRROR"
    say "This is not Debian 13: making a private Debian 13 root in $AGENTIC_ROOT (once, about a minute)"
    rm -rf "$AGENTIC_ROOT.new"
    apt_quiet "$log" debootstrap --variant=minbase "$AGENTIC_SUITE" "$AGENTIC_ROOT.new" "$mirror"
    printf 'APT::Install-Recommends "false";\nDpkg::Options { "--force-unsafe-io"; };\n' >"$AGENTIC_ROOT.new/etc/apt/apt.conf.d/90agentic"
    printf '#!/bin/sh\nexit 101\n' >"$AGENTIC_ROOT.new/usr/sbin/policy-rc.d"     # packages must not start services
    chmod +x "$AGENTIC_ROOT.new/usr/sbin/policy-rc.d"
    rm -rf "$AGENTIC_ROOT"
    mv "$AGENTIC_ROOT.new" "$AGENTIC_ROOT"
}

# Runs a command inside the private root, in a mount namespace of its own.
enter_root() {
    AGENTIC_ROOT=$AGENTIC_ROOT AGENTIC_CWD=$PWD AGENTIC_INSIDE=1 AGENTIC_REPO=$AGENTIC_REPO \
        exec unshare --mount --propagation private -- bash -c '
        set -e
        root=$AGENTIC_ROOT
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount --rbind /sys "$root/sys"
        for dir in /*; do                                   # the directories of the user, at the same paths
            case $dir in /bin|/boot|/dev|/etc|/lib*|/proc|/run|/sbin|/sys|/usr|/var|/lost+found) continue ;; esac
            [ -d "$dir" ] && [ ! -L "$dir" ] || continue
            mkdir -p "$root$dir"; mount --rbind "$dir" "$root$dir"
        done
        for dir in "$AGENTIC_REPO" "$AGENTIC_CACHE" "$AGENTIC_CWD"; do
            case $dir in /usr/?* | /var/?*) mkdir -p "$root$dir"; mount --bind "$dir" "$root$dir" ;; esac   # a checkout below one of those left out
        done
        while IFS= read -r path; do                         # what settings of the server name (named_paths.sh)
            [ -n "$path" ] || continue
            at=$root$(chroot "$root" readlink -m "$path")   # /var/run is a link in there, too
            if [ -d "$path" ]; then mkdir -p "$at"; else mkdir -p "${at%/*}"; [ -e "$at" ] || : >"$at"; fi
            mount --rbind "$path" "$at"
        done <<<"${AGENTIC_BIND:-}"
        for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc /usr/etc/npmrc /etc/ssl/certs/ca-certificates.crt; do
            [ -f "$file" ] || continue
            case $file in *.crt) [ "${AGENTIC_INSTALLING:-}" != 1 ] || continue ;; esac   # the package ca-certificates writes it
            mkdir -p "$root${file%/*}"; [ -e "$root$file" ] || : >"$root$file"
            mount --bind "$(readlink -f "$file")" "$root$(chroot "$root" readlink -m "$file")"
        done
        exec chroot "$root" /usr/bin/env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            bash -c '\''cd "$AGENTIC_CWD" && exec "$@"'\'' bash "$@"' bash "$@"
}

install_packages() { # install_packages SET...: idempotent, one apt run only when a list has changed
    local stamp_dir=$AGENTIC_CACHE/packages list stamp log
    list=$(packages_of "$@")
    platform_is_native && [ "${AGENTIC_INSIDE:-}" != 1 ] || stamp_dir=$AGENTIC_ROOT/var/lib/agentic
    stamp=$stamp_dir/$(printf '%s' "$list" | sha256sum | cut -c1-16)
    [ -e "$stamp" ] && return 0
    log=$AGENTIC_CACHE/packages.log
    say "Installing $(printf '%s\n' "$list" | wc -l) Debian packages and what they need ($*; about a minute the first time)"
    if platform_is_native; then
        apt_quiet "$log" as_root apt-get update
        apt_quiet "$log" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $list
    else
        ( export AGENTIC_INSTALLING=1; enter_root bash -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y "$@"' apt $list ) </dev/null >>"$log" 2>&1 \
            || { tail -n 30 "$log" >&2; die "package installation failed (whole log: $log)"; }
    fi
    mkdir -p "$stamp_dir"; : >"$stamp"
}

# platform_ready SET...: after this, run_inside works and the package sets are there.
platform_ready() {
    [ "${AGENTIC_INSIDE:-}" = 1 ] && return 0
    mkdir -p "$AGENTIC_CACHE"
    exec 9>"$AGENTIC_CACHE/platform.lock"
    flock -n 9 || { say "Waiting for another set-up of the platform to finish"; flock 9; }
    platform_is_native || [ -x "$AGENTIC_ROOT/usr/bin/apt-get" ] || make_root
    install_packages "$@"
    exec 9>&-
}

run_inside() { # replaces the shell by the command, on the reference platform
    if platform_is_native; then exec "$@"; else enter_root "$@"; fi
}

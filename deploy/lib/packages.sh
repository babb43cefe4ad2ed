# shellcheck shell=bash
# Debian packages, installed only when missing. Needs say.sh, ROOT: the repository,
# and PACKAGES_LOG.

# packages_of GROUP...: their names.
packages_of() {
    local group name _ asked=" $* "
    while read -r group name _; do
        case $group in '' | '#'*) continue ;; esac
        if [[ $asked == *" $group "* ]]; then printf '%s\n' "$name"; fi
    done <"$ROOT/deploy/packages.txt" | sort -u
}

packages_missing() {
    local name
    packages_of "$@" | while read -r name; do
        if ! package_is_there "$name"; then printf '%s\n' "$name"; fi
    done
}

# Some packages stand for another one: a newer node does without Debian's, any nginx will do.
package_is_there() {
    case $1 in
    nodejs) command -v node >/dev/null && return 0 ;;
    npm) command -v npm >/dev/null && return 0 ;;
    nginx-light) test -x /usr/sbin/nginx && return 0 ;;
    esac
    test "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed
}

as_root() {
    if test "$(id -u)" = 0; then "$@"; else sudo -- "$@"; fi
}

# packages_ensure GROUP...: installs what is missing, or says what to install.
packages_ensure() {
    local missing
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        warn "this is no Debian; install what deploy/packages.txt names yourself"
        return 0
    fi
    mapfile -t missing < <(packages_missing "$@")
    if test "${#missing[@]}" = 0; then return 0; fi
    step packages "installing ${missing[*]}"
    if test "$(id -u)" != 0 && ! sudo_works; then
        die "packages are missing and you are neither root nor may use sudo; ask somebody to run:
    apt-get install --no-install-recommends ${missing[*]}"
    fi
    services_stay_off "${missing[@]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >/dev/null ||
        warn "could not refresh the package lists; trying with those that are there"
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "${missing[@]}" >"$PACKAGES_LOG" 2>&1 ||
        packages_failed
    services_stay_off_end
}

packages_failed() {
    tail -n 15 "$PACKAGES_LOG" >&2
    die "could not install packages; the whole of it is in $PACKAGES_LOG"
}

sudo_works() {
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { test -t 0 && sudo -v; }
}

# Debian starts what it installs, on the usual ports; ours are private, under var/. Only services
# that were not there before are kept from starting.
services_stay_off() {
    local name
    NEW_SERVICES=()
    for name in "$@"; do
        case $name in
        postgresql-*)
            as_root mkdir -p /etc/postgresql-common/createcluster.d
            echo 'create_main_cluster = false' |
                as_root tee /etc/postgresql-common/createcluster.d/millrace.conf >/dev/null
            ;;
        redis-server | varnish) NEW_SERVICES+=("$name") ;;
        nginx-light) NEW_SERVICES+=(nginx) ;;
        esac
    done
    POLICY_IS_OURS=
    if test "${#NEW_SERVICES[@]}" != 0 && ! test -e /usr/sbin/policy-rc.d; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
        as_root chmod 755 /usr/sbin/policy-rc.d
        POLICY_IS_OURS=1
        trap services_stay_off_end EXIT
    fi
}

services_stay_off_end() {
    if test "$POLICY_IS_OURS"; then
        as_root rm -f /usr/sbin/policy-rc.d
        POLICY_IS_OURS=
        trap - EXIT
        if test -d /run/systemd/system; then
            as_root systemctl -q disable "${NEW_SERVICES[@]}" 2>/dev/null || true
        fi
    fi
}

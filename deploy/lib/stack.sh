# shellcheck shell=bash
# The three services on one machine: folders, secrets, settings, start, stop. Needs the other
# files of this folder, ROOT, and what stack_places() makes of MILLRACE_VAR.

# stack_places: every path and address of the stack.
stack_places() {
    VAR=${MILLRACE_VAR:-$ROOT/var}
    mkdir -p "$VAR" || die "cannot make the folder \"$VAR\""
    VAR=$(readlink -f "$VAR")
    BIND=${MILLRACE_BIND:-127.0.0.1}
    PORT=${MILLRACE_PORT:-4180}
    ADMIN_PORT=${MILLRACE_ADMIN_PORT:-4181}
    LOGS=$VAR/log PIDS=$VAR/pid SECRETS=$VAR/secrets CONF=$VAR/conf DATA=$VAR/data
    RUN=$(run_folder)
    PG_RUN=$RUN/pg PG_DATA=$(pg_data_folder)
    REDIS_DATA=$VAR/redis REDIS_SOCKET=$RUN/redis.sock
    BINARIES=${MILLRACE_BINARIES:-$ROOT/build/release}
    WEB=${MILLRACE_WEB:-$ROOT/web/dist}
    PACKAGES_LOG=$LOGS/packages.log
    check_port MILLRACE_PORT "$PORT"
    check_port MILLRACE_ADMIN_PORT "$ADMIN_PORT"
    if test "$PORT" = "$ADMIN_PORT"; then die "both listeners cannot have port $PORT"; fi
}

check_port() {
    if ! [[ $2 =~ ^[0-9]{1,5}$ ]] || test "$2" -lt 1 || test "$2" -gt 65535; then
        die "$1 is no port: \"$2\""
    fi
}

# A unix socket's path has at most 107 bytes, and PostgreSQL's user must be able to get there.
run_folder() {
    local longest=$VAR/run/pg/.s.PGSQL.5432.lock name
    if test "${#longest}" -le 100 && pg_user_may_enter "$VAR"; then
        printf '%s' "$VAR/run"
        return 0
    fi
    name=millrace-$(id -u)-$(printf '%s' "$VAR" | cksum | cut -d' ' -f1)
    if test "$(id -u)" = 0; then
        printf '/run/%s' "$name"
    else
        printf '%s/%s' "${XDG_RUNTIME_DIR:-/tmp}" "$name"
    fi
}

pg_data_folder() {
    if pg_user_may_enter "$VAR"; then
        printf '%s' "$VAR/pg"
    else
        printf '/var/lib/millrace-dev/%s' "$(printf '%s' "$VAR" | cksum | cut -d' ' -f1)"
    fi
}

# Without a user "postgres" (not installed yet) the folder's own bits must do: "others may enter".
pg_user_may_enter() {
    local folder=$1 mode
    test "$(id -u)" = 0 || return 0
    while test "$folder" != /; do
        mode=$(stat -c %A "$folder")
        if [[ ${mode:9:1} != [xt] ]]; then return 1; fi
        folder=$(dirname "$folder")
    done
}

stack_folders() {
    local folder
    mkdir -p "$LOGS" "$PIDS" "$CONF" "$DATA/dataplane"
    chmod 700 "$DATA"
    mkdir -p -m 700 "$SECRETS"
    mkdir -p "$RUN"
    for folder in "$RUN" "$SECRETS"; do
        if ! test -O "$folder"; then die "\"$folder\" belongs to another user"; fi
    done
    # Others may pass through, to reach PostgreSQL's own folder; the sockets are closed to them.
    chmod 711 "$RUN"
}

# secret NAME BYTES: made once.
secret() {
    local file=$SECRETS/$1
    if ! test -s "$file"; then
        (umask 077 && od -An -vtx1 -N"$2" /dev/urandom | tr -d ' \n' >"$file.new" &&
            mv "$file.new" "$file")
    fi
}

stack_secrets() {
    secret admin.token 24
    secret service.token 24
    if ! test -s "$SECRETS/keyring"; then
        (umask 077 && "$(binary controlplane)" keyring >"$SECRETS/keyring.new") ||
            die "could not make a keyring"
        mv "$SECRETS/keyring.new" "$SECRETS/keyring"
    fi
}

# binary NAME: built here, or installed.
binary() {
    local found
    for found in "$BINARIES/$1/millrace-$1" "$BINARIES/bin/millrace-$1" "$BINARIES/millrace-$1" \
        "$BINARIES/tests/support/millrace-$1" "$BINARIES/tests/support/${1/-/_}/millrace-$1"; do
        if test -x "$found"; then
            printf '%s' "$found"
            return 0
        fi
    done
    die "there is no millrace-$1 in \"$BINARIES\""
}

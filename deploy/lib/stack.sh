# shellcheck shell=bash disable=SC2034 # the other files read what is set here
# The three services on one machine: folders, secrets, settings, start, stop. Needs the other
# files of this folder, ROOT, and what stack_places() makes of MILLRACE_VAR.

# stack_places: every path and address of the stack. Addresses that "up" was told are remembered,
# so that the commands after it need not be told again.
stack_places() {
    local bind=127.0.0.1 port=4180 admin_port=4181
    VAR=${MILLRACE_VAR:-$ROOT/var}
    mkdir -p "$VAR" || die "cannot make the folder \"$VAR\""
    VAR=$(readlink -f "$VAR")
    ADDRESSES=$VAR/addresses
    if test -r "$ADDRESSES"; then read -r bind port admin_port <"$ADDRESSES"; fi
    BIND=${MILLRACE_BIND:-$bind}
    PORT=${MILLRACE_PORT:-$port}
    ADMIN_PORT=${MILLRACE_ADMIN_PORT:-$admin_port}
    HOST=$(shown_host)
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
    mkdir -p "$SECRETS" "$RUN"
    chmod 700 "$SECRETS"
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

# ---- Settings ---------------------------------------------------------------------------

# settings NAME: standard input becomes the file of one service.
settings() {
    (umask 077 && cat >"$CONF/$1.conf.new" && mv "$CONF/$1.conf.new" "$CONF/$1.conf")
}

# The address to show when we listen on all of them.
shown_host() {
    case $BIND in
    0.0.0.0 | '[::]') hostname ;;
    *) printf '%s' "$BIND" ;;
    esac
}

pg_conninfo() { printf 'host=%s user=%s dbname=millrace' "$PG_RUN" "$1"; }

stack_settings() {
    printf '%s %s %s\n' "$BIND" "$PORT" "$ADMIN_PORT" >"$ADDRESSES"
    settings dataplane <<-END
		# Written by deploy/dev; changes are lost.
		listen = $BIND:$PORT
		ops.listen = $RUN/dataplane.ops
		data_dir = $DATA/dataplane
		keyring = file:$SECRETS/keyring
		controlplane.target = unix:$RUN/controlplane.grpc
		statsd.target = unix:$RUN/statsd.grpc
		service_token = file:$SECRETS/service.token
		redis.target = $REDIS_SOCKET
		client_ip.headers =
		outbound.allow = loopback
		drain_timeout = 30 s
	END
    settings controlplane <<-END
		# Written by deploy/dev; changes are lost.
		listen = unix:$RUN/controlplane.grpc
		ops.listen = $RUN/controlplane.ops
		keyring = file:$SECRETS/keyring
		service_token = file:$SECRETS/service.token
		database = $(pg_conninfo millrace_controlplane)
	END
    settings statsd <<-END
		# Written by deploy/dev; changes are lost.
		listen = unix:$RUN/statsd.grpc
		ops.listen = $RUN/statsd.ops
		desk.listen = $BIND:$ADMIN_PORT
		desk.web_dir = $WEB
		base_url = http://$(shown_host):$PORT
		secure_cookies = off
		forwarded_headers = off
		admin_token = file:$SECRETS/admin.token
		service_token = file:$SECRETS/service.token
		controlplane.target = unix:$RUN/controlplane.grpc
		database = $(pg_conninfo millrace_statsd)
	END
}

# ---- The database's content -------------------------------------------------------------

stack_migrate() {
    local began
    began=$(now_ms)
    if test -z "$(pg_sql postgres -c "select 1 from pg_database where datname = 'millrace'")"; then
        pg_sql postgres -c 'create database millrace' || die "could not make the database"
    fi
    pg_sql millrace <"$ROOT/db/roles.sql" >/dev/null || die "could not make the roles"
    if ! "$(binary controlplane)" migrate --config "$CONF/controlplane.conf" \
        >>"$LOGS/migrate.log" 2>&1 9>&-; then
        tail -n 20 "$LOGS/migrate.log" >&2
        die "could not bring the database up to date; see $LOGS/migrate.log"
    fi
    step database "up to date ($(seconds_since "$began") s)"
}

# ---- Services ---------------------------------------------------------------------------

SERVICES=(controlplane statsd dataplane) # in the order they start
DRAIN_SECONDS=40                         # longer than drain_timeout

# service_start NAME: leaves one alone that runs this binary with these settings.
service_start() {
    local name=$1 binary with
    binary=$(binary "$name")
    with=$({ stat -c '%n %s %Y' "$binary" && cat "$CONF/$name.conf"; } | sha256sum | cut -c1-16)
    if runs "$name" && test "$(started_with "$name")" = "$with"; then return 0; fi
    if runs "$name"; then
        step "$name" "restarting: its program or its settings have changed"
        stop "$name" "$DRAIN_SECONDS" || warn "$name had to be killed"
    fi
    start "$name" "$with" "$binary" --config "$CONF/$name.conf"
}

stack_start() {
    local name
    for name in "${SERVICES[@]}"; do service_start "$name"; done
}

stack_stop() {
    local name
    for name in dataplane statsd controlplane; do
        if runs "$name"; then
            stop "$name" "$DRAIN_SECONDS" || warn "$name had to be killed"
        fi
    done
}

ask_ops() { curl -s -m 5 --unix-socket "$RUN/$1.ops" "http://localhost$2" 2>/dev/null; }
is_ready() {
    test "$(curl -s -m 5 -o /dev/null -w '%{http_code}' --unix-socket "$RUN/$1.ops" \
        http://localhost/readyz 2>/dev/null)" = 200
}

# readiness NAME: "ready", or what is missing.
readiness() {
    local text
    text=$(ask_ops "$1" /readyz) || true
    case $text in
    '') printf 'does not answer' ;;
    *'"status":"ready"'*'"ok":false'*) printf 'ready, without %s' "$(missing_parts "$text")" ;;
    *'"ok":false'*) printf 'missing: %s' "$(missing_parts "$text")" ;;
    *) printf 'ready' ;;
    esac
}

missing_parts() {
    grep -oE '"name":"[^"]*","ok":false[^}]*' <<<"$1" |
        sed -E 's/"name":"([^"]*)".*"reason":"([^"]*)".*/\1 (\2)/; s/"name":"([^"]*)".*/\1/' |
        paste -sd, - | sed 's/,/, /g'
}

# Tells what is awaited whenever that changes; gives up when a process has died.
stack_wait() {
    local name began waited now said
    began=$(now_ms)
    for name in "${SERVICES[@]}"; do
        said=
        until is_ready "$name"; do
            if ! runs "$name"; then
                tail -n 20 "$LOGS/$name.log" >&2
                die "$name has ended; see $LOGS/$name.log"
            fi
            now=$(readiness "$name")
            waited=$((($(now_ms) - began) / 1000))
            if test "$waited" -ge 90; then
                die "$name is not ready after $waited s ($now); see $LOGS/$name.log"
            fi
            if test "$waited" -ge 1 && test "$now" != "$said"; then
                said=$now
                step "$name" "waiting: $now"
            fi
            sleep 0.05
        done
        # Neighbours that came back are found again within seconds; then there is nothing to add.
        wait_until 10 has_everything "$name" || true
        step "$name" "$(readiness "$name")"
    done
}

has_everything() { test "$(readiness "$1")" = ready; }

# ---- The scripted provider --------------------------------------------------------------

provider_port() { cat "$DATA/provider.port"; }
provider_url() { printf 'http://127.0.0.1:%s' "$(provider_port)"; }

provider_ensure() {
    if ! runs provider; then
        rm -f "$DATA/provider.port"
        start provider scripted "$(binary fake-provider)" --listen 127.0.0.1:0 \
            --port-file "$DATA/provider.port" --delay-ms 30
    fi
    wait_until 10 test -s "$DATA/provider.port" ||
        die "the scripted provider did not start; see $LOGS/provider.log"
}

# shellcheck shell=bash
# A private PostgreSQL and a private Redis on unix sockets. Needs say.sh, processes.sh, and
# PG_DATA, PG_RUN, REDIS_DATA, REDIS_SOCKET, LOGS, RUN.
#
# Whoever may reach the socket is trusted, and its folder is open to PostgreSQL's user (and root)
# alone. PostgreSQL refuses to run as root: then it runs as Debian's user "postgres".

pg_bin() {
    local found
    found=$(find /usr/lib/postgresql -maxdepth 3 -name "$1" -path '*/bin/*' 2>/dev/null |
        sort -V | tail -1)
    if test -z "$found"; then found=$(command -v "$1") || die "PostgreSQL is not installed: no $1"; fi
    printf '%s' "$found"
}

as_pg() {
    if test "$(id -u)" = 0; then runuser -u postgres -- "$@"; else "$@"; fi
}

pg_ensure() {
    if ! test -s "$PG_DATA/PG_VERSION"; then pg_create; fi
    pg_folder "$PG_RUN"
    if ! pg_answers; then pg_start; fi
}

pg_folder() {
    mkdir -p "$1"
    chmod 700 "$1"
    if test "$(id -u)" = 0; then chown postgres: "$1"; fi
}

pg_create() {
    step postgresql "making a database cluster in $PG_DATA"
    rm -rf "$PG_DATA" # a half-made one has no PG_VERSION
    pg_folder "$PG_DATA"
    (cd / && as_pg "$(pg_bin initdb)" -D "$PG_DATA" -U postgres -E UTF8 --locale=C.UTF-8 \
        --data-checksums --auth=trust >"$LOGS/initdb.log" 2>&1) ||
        die "could not make a database cluster; see $LOGS/initdb.log"
    cat >>"$PG_DATA/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$PG_RUN'
		unix_socket_permissions = 0700
		max_connections = 60
		log_line_prefix = '%m [%p] %q%u@%d '
		timezone = 'UTC'
	END
}

# After kill -9 the old server's children may still hold its memory for a moment: try again.
pg_start() {
    sed -i "s|^unix_socket_directories = .*|unix_socket_directories = '$PG_RUN'|" \
        "$PG_DATA/postgresql.conf"
    log_keep_small "$LOGS/postgresql.log"
    touch "$LOGS/postgresql.log"
    if test "$(id -u)" = 0; then chown postgres: "$LOGS/postgresql.log"; fi
    wait_until 60 pg_start_once ||
        die "could not start PostgreSQL; see $LOGS/postgresql.log"
}

pg_start_once() {
    (cd / && as_pg "$(pg_bin postgres)" --version >/dev/null) || die "PostgreSQL does not run"
    # The log is opened here: its folder may be closed to PostgreSQL's user.
    (cd / && as_pg "$(pg_bin pg_ctl)" -D "$PG_DATA" -w -t 50 start \
        >>"$LOGS/postgresql.log" 2>&1 </dev/null 9>&-)
    pg_answers
}

pg_answers() {
    (cd / && as_pg "$(pg_bin psql)" -h "$PG_RUN" -U postgres -d postgres -XAtqc 'select 1') \
        >/dev/null 2>&1
}

pg_pid() {
    local pid
    { read -r pid <"$PG_DATA/postmaster.pid"; } 2>/dev/null || return 1
    test "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$(readlink -f "$PG_DATA")" || return 1
    printf '%s' "$pid"
}

pg_stop() {
    if ! pg_pid >/dev/null; then return 0; fi
    (cd / && as_pg "$(pg_bin pg_ctl)" -D "$PG_DATA" -m fast -w -t 20 stop >/dev/null 2>&1) ||
        (cd / && as_pg "$(pg_bin pg_ctl)" -D "$PG_DATA" -m immediate -w -t 10 stop >/dev/null 2>&1)
}

# pg_sql DATABASE [psql's arguments]: as the superuser.
pg_sql() {
    local database=$1
    shift
    (cd / && as_pg "$(pg_bin psql)" -h "$PG_RUN" -U postgres -d "$database" -XAtq \
        -v ON_ERROR_STOP=1 "$@")
}

redis_ensure() {
    if redis_answers; then return 0; fi
    stop redis 5 || true
    rm -f "$REDIS_SOCKET"
    mkdir -p "$REDIS_DATA"
    start redis "$REDIS_SOCKET" redis-server --port 0 --unixsocket "$REDIS_SOCKET" \
        --unixsocketperm 700 --dir "$REDIS_DATA" --save '' --appendonly no --daemonize no
    wait_until 20 redis_answers || die "could not start Redis; see $LOGS/redis.log"
}

redis_answers() {
    test "$(redis-cli -s "$REDIS_SOCKET" ping 2>/dev/null)" = PONG
}

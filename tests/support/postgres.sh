#!/bin/sh
# SPDX-License-Identifier: MIT
#
# postgres.sh - a private PostgreSQL for one test run: own folder, unix socket only, no sync.
#
#   postgres.sh start [PID]   starts one and prints how to connect, as libpq reads it. It is gone,
#                             folder and all, soon after process PID (this script's caller, if
#                             left out) has ended, however that ended.
#   postgres.sh stop CONNINFO stops one at once.
#
# Users of it look at MILLRACE_TEST_PG first: a conninfo of a cluster that is there already, so
# that a whole run of tests needs one. Exits 77 when there is no PostgreSQL on this machine.
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ]; then
    bin=$(dirname "$(command -v initdb || echo /nowhere/initdb)")
fi
if [ ! -x "$bin/initdb" ] || [ ! -x "$bin/pg_ctl" ]; then
    echo "postgres.sh: no PostgreSQL server here (Debian: postgresql)" >&2
    exit 77
fi

# PostgreSQL refuses to run as root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

start() {
    watched=$1
    dir=$(as_owner mktemp -d /tmp/millrace-pg.XXXXXX)
    as_owner chmod 755 "$dir"
    as_owner "$bin/initdb" -D "$dir/data" -U millrace -A trust -E UTF8 --locale=C.UTF-8 -N \
        >"$dir.log" 2>&1 || { cat "$dir.log" >&2; rm -rf "$dir" "$dir.log"; exit 1; }
    rm -f "$dir.log"
    as_owner tee -a "$dir/data/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0777
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 32MB
log_min_messages = fatal
logging_collector = off
END
    as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 30 start >/dev/null ||
        { cat "$dir/log" >&2; remove "$dir"; exit 1; }
    # The one who cleans up: nobody else is sure to live long enough.
    setsid "$0" watch "$watched" "$dir" </dev/null >/dev/null 2>&1 &
    echo "host=$dir user=millrace dbname=postgres"
}

remove() {
    as_owner "$bin/pg_ctl" -D "$1/data" -m immediate -w -t 10 stop >/dev/null 2>&1 || true
    rm -rf "$1"
}

case ${1:-} in
start)
    start "${2:-$PPID}"
    ;;
stop)
    dir=$(printf '%s\n' "$2" | sed -n 's/.*host=\(\/tmp\/millrace-pg\.[^ ]*\).*/\1/p')
    [ -n "$dir" ] && remove "$dir"
    ;;
watch)
    while kill -0 "$2" 2>/dev/null && [ -d "$3/data" ]; do
        sleep 0.3
    done
    [ -d "$3" ] && remove "$3"
    ;;
*)
    sed -n '3,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

# shellcheck shell=bash
# Processes that outlive the script that started them. Needs say.sh, and PIDS and LOGS: folders.
#
# A number alone does not name a process: after a crash or a reboot it may be somebody else's. So
# a pid file holds the number and the time the process started, and a process is ours only when
# both agree. A third field says what it was started with, so that `up` sees what has changed.

start_time_of() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    stat=${stat##*) } # the name may hold spaces and parentheses
    # shellcheck disable=SC2086
    set -- $stat
    test "$1" != Z || return 1
    printf '%s' "${20}"
}

# pid_of NAME: its number, if it runs.
pid_of() {
    local pid started _
    { read -r pid started _ <"$PIDS/$1.pid"; } 2>/dev/null || return 1
    test "$(start_time_of "$pid")" = "$started" || return 1
    printf '%s' "$pid"
}

runs() { pid_of "$1" >/dev/null; }

started_with() {
    local _ what
    { read -r _ _ what <"$PIDS/$1.pid"; } 2>/dev/null || return 1
    printf '%s' "$what"
}

# start NAME WITH COMMAND...: in a session of its own, its output at the end of LOGS/NAME.log.
start() {
    local name=$1 with=$2 pid started
    shift 2
    log_keep_small "$LOGS/$name.log"
    setsid "$@" >>"$LOGS/$name.log" 2>&1 </dev/null 9>&- &
    pid=$!
    started=$(start_time_of "$pid") || started=gone
    printf '%s %s %s\n' "$pid" "$started" "$with" >"$PIDS/$name.pid.new"
    mv "$PIDS/$name.pid.new" "$PIDS/$name.pid"
}

# stop NAME SECONDS: asks, waits, then insists. Returns 1 when it had to insist.
stop() {
    local name=$1 limit=$2 pid result=0
    if pid=$(pid_of "$name"); then
        kill -TERM "$pid" 2>/dev/null || true
        if ! wait_until "$limit" is_gone "$name"; then
            kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
            wait_until 5 is_gone "$name" || true
            result=1
        fi
    fi
    rm -f "$PIDS/$name.pid"
    return $result
}

is_gone() { ! runs "$1"; }

# A development stack's logs are looked at, not kept: the last one and the one before it.
log_keep_small() {
    if test "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt 33554432; then mv -f "$1" "$1.1"; fi
}

# port_holder PORT: "1234 (nginx)" when somebody listens there; not every process may be looked at.
port_holder() {
    local inode fd pid
    inode=$(port_inode "$1") || return 1
    for fd in /proc/[0-9]*/fd/*; do
        if test "$(readlink "$fd" 2>/dev/null)" = "socket:[$inode]"; then
            pid=${fd#/proc/}
            pid=${pid%%/*}
            printf '%s (%s)' "$pid" "$(cat "/proc/$pid/comm" 2>/dev/null)"
            return 0
        fi
    done
    printf 'another process'
}

port_inode() {
    local table _ address state inode port
    port=$(printf ':%04X' "$1")
    for table in /proc/net/tcp /proc/net/tcp6; do
        test -r "$table" || continue
        while read -r _ address _ state _ _ _ _ _ inode _; do
            if [[ $state == 0A && $address == *"$port" ]]; then
                printf '%s' "$inode"
                return 0
            fi
        done <"$table"
    done
    return 1
}

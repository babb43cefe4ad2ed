# shellcheck shell=bash
# What scripts tell a person. Progress goes to standard output; mistakes to standard error.

say() { printf '%s\n' "$*"; }
step() { printf '  %-12s %s\n' "$1" "${*:2}"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# now_ms: a clock for time limits and for "took 3.2 s".
now_ms() { date +%s%3N; }
seconds_since() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# wait_until SECONDS COMMAND...: true as soon as the command is; false when the time is over.
wait_until() {
    local until=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        if test "$(now_ms)" -ge "$until"; then return 1; fi
        sleep 0.05
    done
}

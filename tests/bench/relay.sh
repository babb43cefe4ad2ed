# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The relay benchmark. Each case asks every target in turn, round by round, so that a busy machine
# disturbs all of them alike; what is printed is the median of the rounds.

SECONDS_EACH=${SECONDS_EACH:-2}
ROUNDS=${ROUNDS:-3}
CASES=${CASES:-small large stream one memory}
BUILD=${BUILD:-build/release}
HOLD=${HOLD:-2000}
KEY=sk-0123456789abcdef0123456789abcdef

WORK=
declare -A PORT PID

die() {
    echo "bench: $*" >&2
    exit 1
}

program() {
    find "$BUILD" -name "$1" -type f -perm -u+x | head -n 1
}

cleanup() {
    local name
    for name in "${!PID[@]}"; do
        kill "${PID[$name]}" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$WORK"
}

# ---- Programs ---------------------------------------------------------------------------------

# Proxies on the first core, the provider and the load on the second, where there are two.
on_core() {
    local core=$1
    shift
    if test "$(nproc)" -ge 2; then
        exec taskset -c "$core" "$@"
    fi
    exec "$@"
}

free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_port() {
    local tries=0
    until (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        tries=$((tries + 1))
        test "$tries" -lt 400 || die "$2 did not start; see $WORK/$2.log"
        sleep 0.025
    done
}

start() {
    local name=$1 core=$2
    shift 2
    (on_core "$core" "$@") > "$WORK/$name.log" 2>&1 &
    PID[$name]=$!
    wait_port "${PORT[$name]}" "$name"
}

start_provider() {
    PORT[direct]=$(free_port)
    start direct 1 "$(program millrace-fake-provider)" --listen "127.0.0.1:${PORT[direct]}"
}

start_nginx() {
    command -v nginx >/dev/null || die "nginx is missing: apt-get install nginx-light"
    PORT[nginx]=$(free_port)
    cat > "$WORK/nginx.conf" <<-CONF
	worker_processes 1;
	daemon off;
	master_process off;
	pid $WORK/nginx.pid;
	error_log $WORK/nginx.err;
	worker_rlimit_nofile 65536;
	events { worker_connections 32768; }
	http {
	    access_log off;
	    client_body_temp_path $WORK/body;
	    proxy_temp_path $WORK/proxy;
	    fastcgi_temp_path $WORK/f; uwsgi_temp_path $WORK/u; scgi_temp_path $WORK/s;
	    client_body_buffer_size 256k;
	    client_max_body_size 64m;
	    keepalive_requests 100000000;
	    upstream provider {
	        server 127.0.0.1:${PORT[direct]};
	        keepalive 512;
	        keepalive_requests 100000000;
	    }
	    server {
	        listen 127.0.0.1:${PORT[nginx]} backlog=4096;
	        location / {
	            proxy_pass http://provider;
	            proxy_http_version 1.1;
	            proxy_set_header Connection "";
	            proxy_buffering off;
	            proxy_read_timeout 300s;
	        }
	    }
	}
	CONF
    start nginx 0 nginx -c "$WORK/nginx.conf"
}

start_relay() {
    PORT[lib_net]=$(free_port)
    start lib_net 0 "$(program millrace-bench-relay)" "127.0.0.1:${PORT[lib_net]}" \
        "http://127.0.0.1:${PORT[direct]}"
}

start_dataplane() {
    local binary
    binary=$(program millrace-dataplane)
    if test -z "$binary"; then
        echo "bench: no millrace-dataplane in $BUILD; going on without it" >&2
        return
    fi
    PORT[dataplane]=$(free_port)
    mkdir -p "$WORK/data"
    sed -e "s/@PROVIDER_PORT@/${PORT[direct]}/" -e "s/@KEY@/$KEY/" \
        tests/bench/snapshot.json > "$WORK/snapshot.json"
    start dataplane 0 "$binary" --set "listen=127.0.0.1:${PORT[dataplane]}" --set workers=1 \
        --set "snapshot.file=$WORK/snapshot.json" --set "data_dir=$WORK/data" \
        --set "ops.listen=" --set access_log=none --set outbound.allow=loopback
}

# ---- Requests ---------------------------------------------------------------------------------

# request FILE SIZE TEXT HEADER: a message of SIZE bytes of JSON whose last words are TEXT.
request() {
    local file=$1 size=$2 text=$3 header=$4 begin end fill
    begin='{"model":"claude-bench","max_tokens":1000,"stream":'
    begin+=$(test -n "$header" && echo false || echo true)
    begin+=',"messages":[{"role":"user","content":"'
    end="$text\"}]}"
    fill=$((size - ${#begin} - ${#end}))
    {
        printf 'POST /v1/messages HTTP/1.1\r\nHost: bench.example\r\nx-api-key: %s\r\n' "$KEY"
        printf 'anthropic-version: 2023-06-01\r\nContent-Type: application/json\r\n'
        printf 'User-Agent: claude-cli/2.0.0 (external, cli)\r\nAccept: application/json\r\n%s' "$header"
        printf 'Content-Length: %d\r\n\r\n%s' "$size" "$begin"
        head -c "$fill" /dev/zero | tr '\0' 'x'
        printf '%s' "$end"
    } > "$file"
}

# ---- Measuring --------------------------------------------------------------------------------

cpu_ticks() {
    awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

rss_kib() {
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# ask TARGET CONNECTIONS FILE: "answers errors per_second p50 p99 bytes events cpu_seconds"
ask() {
    local target=$1 before after line
    before=$(cpu_ticks "${PID[$target]}")
    line=$( (on_core 1 "$(program millrace-bench-load)" "${PORT[$target]}" "$2" "$SECONDS_EACH" "$3"))
    after=$(cpu_ticks "${PID[$target]}")
    awk -v line="$line" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" \
        'BEGIN { print line, ticks / hz }'
}

targets() {
    local name
    for name in direct nginx lib_net dataplane; do
        test -z "${PORT[$name]:-}" || echo "$name"
    done
}

# measure NAME CONNECTIONS FILE: all targets, all rounds, into $WORK/NAME.TARGET
measure() {
    local round target
    for target in $(targets); do
        SECONDS_EACH=0.3 ask "$target" "$2" "$3" > /dev/null
    done
    for ((round = 0; round < ROUNDS; round++)); do
        for target in $(targets); do
            ask "$target" "$2" "$3" >> "$WORK/$1.$target"
        done
    done
}

# median FILE EXPRESSION-OF-FIELDS
median() {
    awk "{ print $2 }" "$1" | sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'
}

check_errors() {
    local target
    for target in $(targets); do
        if awk '$2 > 0 { bad = 1 } END { exit !bad }' "$WORK/$1.$target"; then
            echo "  $target answered with errors: $(tail -n 1 "$WORK/$1.$target")"
        fi
    done
}

# throughput NAME TITLE UNIT FIELD: the table of one case
throughput() {
    local name=$1 target each yardstick=0
    printf '\n%s\n  %-10s %12s %16s %14s %8s\n' "$2" target "$3/s" "$3/CPU second" "us CPU/$3" "/ nginx"
    yardstick=$(median "$WORK/$name.nginx" "\$$4 / (\$8 > 0 ? \$8 : 0.01)")
    for target in $(targets); do
        each=$(median "$WORK/$name.$target" "\$$4 / (\$8 > 0 ? \$8 : 0.01)")
        printf '  %-10s %12.0f %16.0f %14.1f %8s\n' "$target" \
            "$(median "$WORK/$name.$target" "\$$4 / $SECONDS_EACH")" "$each" \
            "$(awk -v each="$each" 'BEGIN { print 1e6 / each }')" "$(ratio "$each" "$yardstick")"
    done
    check_errors "$name"
}

# ---- Cases ------------------------------------------------------------------------------------

case_small() {
    request "$WORK/small.req" 2048 "." $'x-bench: 1\r\n'
    measure small 64 "$WORK/small.req"
    throughput small "2 KB asked, 1 KB answered, 64 connections" request 1
}

case_large() {
    request "$WORK/large.req" 102400 "." $'x-bench: 1\r\n'
    measure large 32 "$WORK/large.req"
    throughput large "100 KB asked, 1 KB answered, 32 connections" request 1
}

case_stream() {
    request "$WORK/stream.req" 2048 "[[mock:chunks=200,delay=5]]" ""
    measure stream 200 "$WORK/stream.req"
    throughput stream "streams of 206 events, 5 ms apart, 200 at once" event 7
}

case_one() {
    local target p50 p99 direct50 direct99 nginx99
    request "$WORK/one.req" 2048 "." $'x-bench: 1\r\n'
    # Many short rounds: the slowest hundredth of a long one is whatever else the machine does.
    ROUNDS=$((ROUNDS * 4)) SECONDS_EACH=0.5 measure one 1 "$WORK/one.req"
    direct50=$(median "$WORK/one.direct" '$4')
    direct99=$(median "$WORK/one.direct" '$5')
    nginx99=$(($(median "$WORK/one.nginx" '$5') - direct99))
    printf '\n%s\n  %-10s %10s %10s %10s %10s %12s\n' "time added, 2 KB asked, 1 connection (us)" \
        target p50 p99 "p50 added" "p99 added" "p99 / nginx"
    for target in $(targets); do
        p50=$(median "$WORK/one.$target" '$4')
        p99=$(median "$WORK/one.$target" '$5')
        printf '  %-10s %10d %10d %10d %10d %12s\n' "$target" "$p50" "$p99" $((p50 - direct50)) \
            $((p99 - direct99)) "$(ratio $((p99 - direct99)) "$nginx99")"
    done
    check_errors one
}

case_memory() {
    local target idle held feed answer
    request "$WORK/hold.req" 2048 "[[mock:chunks=2,stall=4]]" ""
    printf '\n%s\n  %-10s %10s %12s %16s\n' "resident memory (KiB), fresh processes" target idle \
        "$HOLD streams" "per stream"
    for target in nginx lib_net dataplane; do
        test -n "${PORT[$target]:-}" || continue
        kill "${PID[$target]}"
        wait "${PID[$target]}" 2>/dev/null || true
        "start_${target/lib_net/relay}"
        sleep 3 # idle is what is left when the start is over
        idle=$(rss_kib "${PID[$target]}")
        mkfifo "$WORK/feed.$target"
        (on_core 1 "$(program millrace-bench-load)" "${PORT[$target]}" "$HOLD" hold \
            "$WORK/hold.req") < "$WORK/feed.$target" > "$WORK/hold.$target" &
        exec {feed}> "$WORK/feed.$target"
        answer=0
        until grep -q open "$WORK/hold.$target"; do
            answer=$((answer + 1))
            test "$answer" -lt 600 || die "$target did not open $HOLD streams"
            sleep 0.05
        done
        held=$(rss_kib "${PID[$target]}")
        exec {feed}>&-
        wait "$!" || true
        printf '  %-10s %10d %12d %16.1f\n' "$target" "$idle" "$held" \
            "$(awk -v a="$held" -v b="$idle" -v n="$HOLD" 'BEGIN { print (a - b) / n }')"
    done
}

bench_relay() {
    local name
    test -n "$(program millrace-bench-load)" ||
        die "no programs in $BUILD: cmake --preset release && ninja -C $BUILD"
    ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
    WORK=$(mktemp -d)
    trap cleanup EXIT
    start_provider
    start_nginx
    start_relay
    start_dataplane
    echo "$(nproc) cores, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg); $ROUNDS rounds of $SECONDS_EACH s"
    for name in $CASES; do
        "case_$name"
    done
}

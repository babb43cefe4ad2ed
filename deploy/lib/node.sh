# shellcheck shell=bash
# A node that is new enough, first in PATH. Needs say.sh.
#
# Debian 12 has node 18, and the console's build wants 20.19. Node's own releases are on the npm
# registry as well, as packages that hold the program; Debian's npm fetches one, together with an
# npm that can run under it.

NODE_VERSION=22.23.3
NPM_VERSION=10.9.9

node_is_new_enough() {
    command -v "$1" >/dev/null || return 1
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# node_ensure FOLDER: may put a node there.
node_ensure() {
    local folder=$1 bin=$1/node_modules/.bin arch
    if node_is_new_enough node && command -v npm >/dev/null; then return 0; fi
    if ! node_is_new_enough "$bin/node"; then
        case $(uname -m) in
        x86_64) arch=x64 ;;
        aarch64) arch=arm64 ;;
        *) die "node is older than 20.19 and there is none to fetch for $(uname -m)" ;;
        esac
        command -v npm >/dev/null || die "neither node 20.19 or newer nor npm is installed"
        step node "fetching node $NODE_VERSION (the one found is older than 20.19)"
        mkdir -p "$folder"
        npm install --prefix "$folder" --no-save --no-audit --no-fund --loglevel=error \
            "node-linux-$arch@$NODE_VERSION" "npm@$NPM_VERSION" >/dev/null ||
            die "could not fetch node $NODE_VERSION from the npm registry"
        ln -sf "../node-linux-$arch/bin/node" "$bin/node"
    fi
    PATH=$bin:$PATH
    hash -r
    # Debian's node trusts the certificates of the system, also those an operator added; this one
    # brings its own and has to be told.
    if test -z "${NODE_EXTRA_CA_CERTS:-}" && test -r /etc/ssl/certs/ca-certificates.crt; then
        export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
    fi
    node_is_new_enough node || die "the node in \"$bin\" does not run"
}

# npm_ensure FOLDER: its packages, when package-lock.json is newer than what is installed.
npm_ensure() {
    if test "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json"; then return 0; fi
    (cd "$1" && npm ci --no-audit --no-fund && touch node_modules/.package-lock.json)
}

# Sourced by ./apex and ./test: brings what a bare Debian machine with the .NET 10 SDK and Node 20 still lacks, and builds when
# something changed. Everything it says goes to standard error, so that standard output carries results alone.

say() { printf '%s\n' "$*" >&2; }
fail() { say "apex: $*"; exit 1; }

# Runs a step quietly; its output is shown only when it fails.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

need_sdk() {
    command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: see https://dotnet.microsoft.com/download"
    dotnet --version >/dev/null 2>&1 || fail "no .NET SDK that global.json accepts; installed: $(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"
    command -v npm >/dev/null || fail "Node 20 with npm is missing: see https://nodejs.org"
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
}

has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || ls /usr/lib/*/"$1" /lib/*/"$1" >/dev/null 2>&1; }

# need_packages PACKAGE… : Debian packages, installed when we are root, else asked for by name.
need_packages() {
    [ $# -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || fail "please install: sudo apt-get install $*"
        local sudo=sudo
    fi
    say "installing $* …"
    quietly ${sudo:-} apt-get update -q || fail "apt-get update failed"
    DEBIAN_FRONTEND=noninteractive quietly ${sudo:-} apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" || fail "apt-get install $* failed"
}

need_sqlite() { has_library libsqlite3.so.0 || need_packages libsqlite3-0; }

# changed_since STAMP PATH… : true when the stamp is missing or anything below the paths is newer.
changed_since() {
    local stamp=$1
    shift
    [ -e "$stamp" ] || return 0
    [ -n "$(find "$@" \( -name bin -o -name obj -o -name node_modules -o -name dist \) -prune -o -newer "$stamp" -print -quit 2>/dev/null)" ]
}

stamps=$root/.apex/stamps

build_page() {
    changed_since "$stamps/page" "$root/web" || [ ! -e "$root/web/dist/index.html" ] || return 0
    say "building the page …"
    local started
    started=$(mktemp)
    if changed_since "$stamps/page-packages" "$root/web/package-lock.json" || [ ! -d "$root/web/node_modules" ]; then
        quietly npm --prefix "$root/web" ci --no-audit --no-fund || fail "npm ci in web/ failed"
        mkdir -p "$stamps" && touch "$stamps/page-packages"
    fi
    quietly npm --prefix "$root/web" run build || fail "the page does not build"
    mkdir -p "$stamps" && touch -r "$started" "$stamps/page"
    rm -f "$started"
}

build_server() {
    changed_since "$stamps/server" "$root/src" "$root/native" "$root"/*.props "$root/global.json" \
        || [ ! -e "$root/src/Cli/bin/Release/net10.0/apex.dll" ] || return 0
    say "building the server …"
    local started
    started=$(mktemp)
    quietly dotnet build "$root/src/Cli/Apex.Cli.csproj" -c Release -v quiet -clp:NoSummary || fail "the server does not build"
    mkdir -p "$stamps" && touch -r "$started" "$stamps/server"
    rm -f "$started"
}

# Sourced by the other scripts: finds what a fresh machine lacks and installs it, or says how.
# Usage: needs_packages PACKAGE…; needs_swift

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $1"
    [ $# -gt 1 ] && say "  $2"
    exit 1
}

# Installs the Debian packages that are missing; says nothing when none is.
needs_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null || fail "missing packages: ${missing[*]}" "install them with your system's package manager"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "missing packages: ${missing[*]}" "as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]} …"
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update && DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y \
        --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail "installing ${missing[*]} failed" "see above; when the network is at fault, run the script again"
    fi
    rm -f "$log"
}

# Checks that a Swift 6.3 toolchain is there.
needs_swift() {
    command -v swift >/dev/null || fail "no swift on the PATH" "install Swift 6.3 or later: https://www.swift.org/install/linux/"
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    set -- ${version:-0 0}
    if [ "$1" -lt 6 ] || { [ "$1" -eq 6 ] && [ "$2" -lt 3 ]; }; then
        fail "Swift $1.$2 is too old" "install Swift 6.3 or later: https://www.swift.org/install/linux/"
    fi
}

# What is linked, and what the build asks pkg-config for.
build_packages=(libldns-dev libssl-dev zlib1g-dev pkg-config)
# What the tests talk to, and what they make keys with.
test_packages=(bind9-dnsutils knot-dnsutils ldnsutils openssl)

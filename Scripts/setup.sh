# Sourced by the other scripts: finds what a fresh machine lacks and installs it, or says how.
# Usage: needs_packages PACKAGE…; needs_swift

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $1"
    [ $# -gt 1 ] && say "  $2"
    exit 1
}

# Prints those of the Debian packages that are missing.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

# Installs the Debian packages; gives status 1 when that cannot be, with the reason in `trouble`.
install_packages() {
    local as_root=() log
    trouble="there is no apt-get here: install them with your system's package manager"
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -ne 0 ]; then
        trouble="as root: apt-get install $*"
        command -v sudo >/dev/null || return 1
        as_root=(sudo)
    fi
    say "installing $* …"
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update && DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y \
        --no-install-recommends "$@"; } >"$log" 2>&1; then
        trouble=$(tail -n 20 "$log"; printf 'when the network is at fault, run the script again')
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# Installs the Debian packages that are missing; says nothing when none is.
needs_packages() {
    local missing
    read -ra missing <<<"$(missing_packages "$@")"
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}" || fail "missing packages: ${missing[*]}" "$trouble"
}

# The same for packages without which something can be left out.
wants_packages() {
    local missing
    read -ra missing <<<"$(missing_packages "$@")"
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}" || say "going on without ${missing[*]}: $trouble"
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
test_packages=(bind9-dnsutils knot-dnsutils ldnsutils openssl ca-certificates unbound)
# What the instructions of a query are counted with.
instruction_packages=(valgrind binutils)

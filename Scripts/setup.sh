# Sourced by the other scripts: finds what a fresh machine lacks and installs it, or says how.
# Usage: needs_packages PACKAGE…; wants_packages PACKAGE…; wants_programs_of PACKAGE…; needs_swift

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

# Runs a command as root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Whether Debian packages can be installed.
may_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }
}

# Installs the Debian packages; gives status 1 when that cannot be, with the reason in `trouble`.
install_packages() {
    local log
    trouble="there is no apt-get here: install them with your system's package manager"
    command -v apt-get >/dev/null || return 1
    trouble="as root: apt-get install $*"
    may_install || return 1
    say "installing $* …"
    log=$(mktemp)
    if ! { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
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

# The same for packages of which the programs are wanted and not the services: none is started, now or with the system.
# In a shell of its own, whose trap is its own as well.
wants_programs_of() (
    local missing service policy=/usr/sbin/policy-rc.d
    read -ra missing <<<"$(missing_packages "$@")"
    [ ${#missing[@]} -gt 0 ] || exit 0
    # Packages ask this whether they may start their services; 101 says no. One that is there already stays as it is.
    if [ ! -e "$policy" ] && may_install; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
    fi
    wants_packages "${missing[@]}"
    for service in "${missing[@]}"; do
        [ ! -e "/etc/init.d/$service" ] || as_root update-rc.d "$service" disable
    done
)

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
test_packages=(bind9-dnsutils knot-dnsutils ldnsutils openssl ca-certificates)
# The name servers that the tests forward to; without them those tests are skipped.
name_server_packages=(unbound knot nsd)
# What makes networks that lose messages; the same.
network_packages=(iproute2 nftables)
# What the instructions of a query are counted with.
instruction_packages=(valgrind binutils)

import DNSServer

/// Whether an address is one that only this host sends from.
enum OwnHost {
    /// Whether a packet from `address` was sent by this host, or at least the same container, whatever it says.
    ///
    /// Linux drops packets from outside whose source is a loopback address or one of the host's own IPv4 addresses ("martians"). Of its own
    /// IPv6 addresses it takes them, so that these prove nothing.
    ///
    /// Source: RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3.
    static func sends(from address: SocketAddress) -> Bool {
        guard address.isIPv4 else { return address.host == "::1" }
        return address.octets.first == 127 || NetworkInterfaces.all().contains { $0.addresses.contains(address.host) }
    }
}

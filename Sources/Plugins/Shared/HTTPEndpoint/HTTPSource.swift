import DNSServer

/// Where connections come from, for counting: an IPv4 address, or the upper 64 bits of an IPv6 address, of which one host has all.
struct HTTPSource: Hashable, Sendable {
    private let prefix: [UInt8]

    /// - Parameter address: ``DNSServer/SocketAddress/none`` is a source as well.
    init(_ address: SocketAddress) {
        let octets = address.octets
        // `::ffff:192.0.2.1`: an IPv4 client of a socket for both.
        let isMapped = octets.count == 16 && octets.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        prefix = isMapped ? Array(octets.suffix(4)) : Array(octets.prefix(8))
    }
}

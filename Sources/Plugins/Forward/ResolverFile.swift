import DNSServer

/// The name servers of a file in the format of `/etc/resolv.conf`.
///
/// Only `nameserver` lines are read; `search` and `options` say nothing to a forwarder. Of each line the first address counts.
struct ResolverFile: Equatable, Sendable {
    /// The addresses, port 53, each once.
    private(set) var servers: [SocketAddress] = []
    /// What stood in place of an address, shortened.
    private(set) var rejected: [String] = []

    /// How many servers are taken; the C library takes three.
    static let maximumServers = 64

    /// Reads the octets of a file, whatever they are.
    init(parsing octets: [UInt8]) {
        for line in octets.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            let words = line.split(
                maxSplits: 2, whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
            guard words.count > 1, words[0].elementsEqual("nameserver".utf8) else { continue }
            add(String(decoding: words[1].prefix(256), as: UTF8.self))
        }
    }

    private mutating func add(_ text: String) {
        guard !text.utf8.contains(0), let address = SocketAddress(text, port: 53) else {
            if rejected.count < 3 { rejected.append(String(text.prefix(64))) }
            return
        }
        guard servers.count < Self.maximumServers, !servers.contains(address) else { return }
        servers.append(address)
    }
}

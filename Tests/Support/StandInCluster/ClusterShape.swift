/// How large the cluster is, and what its parts are called.
struct ClusterShape: Sendable {
    var services: Int
    var endpointsPerService: Int
    var namespaces: Int
    /// How many in a hundred services are headless.
    var headlessShare: Int

    /// Whether a service is headless at first: evenly spread, and every hundredth in any case.
    func isHeadless(_ number: Int) -> Bool {
        (number % 100) * headlessShare % 100 < headlessShare
    }

    /// Whether a service is left alone by background changes, so that a change on demand is seen undisturbed.
    func isReserved(_ number: Int) -> Bool {
        number % 100 == 0 && number < services
    }

    /// The name of the namespace that a service is in.
    func namespace(of number: Int) -> String { "ns-\(number % namespaces)" }

    /// A service's name within its namespace.
    func name(of number: Int) -> String { "service-\(number)" }

    /// A service's name in the DNS.
    func domain(of number: Int) -> String { "\(name(of: number)).\(namespace(of: number)).svc.cluster.local." }

    /// A service's cluster address.
    func clusterAddress(of number: Int) -> String { Address.text(0x0A60_0000 + UInt32(clamping: number) + 1) }
}

/// IPv4 addresses as numbers, and IPv6 addresses made from them.
enum Address {
    /// The first address of endpoints that are there from the start: 10.128.0.0.
    static let firstEndpoint: UInt32 = 0x0A80_0000
    /// Where the addresses of later endpoints begin and end: 100.64.0.0/10.
    static let later: Range<UInt32> = 0x6440_0000..<0x6480_0000

    static func text(_ address: UInt32, separator: String = ".") -> String {
        "\(address >> 24)\(separator)\(address >> 16 & 255)\(separator)\(address >> 8 & 255)\(separator)\(address & 255)"
    }

    static func sixText(_ address: UInt32) -> String {
        "fd00::1:\(String(address >> 16, radix: 16)):\(String(address & 0xFFFF, radix: 16))"
    }

    /// The name that a PTR query for the address asks for.
    static func reverse(_ address: UInt32) -> String {
        text(address.byteSwapped) + ".in-addr.arpa."
    }
}

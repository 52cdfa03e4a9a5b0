/// One zone a server block serves: how it is reached, and on which port.
package struct ServerKey: Sendable, Hashable {
    /// How queries arrive.
    package enum Transport: String, Sendable, Hashable, CaseIterable {
        case dns
        case tls
        case grpc
        case https
        case https3
        case quic

        /// The port where none is given; `plain` is the one of the command line for `dns`.
        package func defaultPort(plain: Int) -> Int {
            switch self {
            case .dns: plain
            case .tls, .quic: 853
            case .grpc, .https, .https3: 443
            }
        }
    }

    /// How queries arrive.
    package let transport: Transport
    /// The zone in presentation form, lower-case, with its final dot.
    package let zone: String
    /// The port, 0 to 65535; 0 lets the system choose one.
    package let port: Int
    /// The word of the Corefile this key comes from; keys of one CIDR share it.
    package let token: Token

    /// Makes a key.
    package init(transport: Transport, zone: String, port: Int, token: Token) {
        self.transport = transport
        self.zone = zone
        self.port = port
        self.token = token
    }

    /// Whether the zone begins with a dot, so that no name lies in it.
    ///
    /// CoreDNS listens at its port all the same.
    package var matchesNothing: Bool { zone.count > 1 && zone.hasPrefix(".") }

    /// The keys that one word stands for: `[SCHEME://]ZONE[:PORT]`, several for a CIDR.
    ///
    /// - Throws: `invalidZone`.
    static func keys(of token: Token, defaultPort: Int) throws(ConfigurationError) -> [ServerKey] {
        let parts: ZoneExpansion.Parts
        do {
            parts = try ZoneExpansion.parts(token.text, allowsLeadingDot: true)
        } catch {
            throw error.at(token)
        }
        let transport = parts.transport ?? .dns
        let port = parts.port ?? transport.defaultPort(plain: defaultPort)
        return parts.zones.map { ServerKey(transport: transport, zone: $0, port: port, token: token) }
    }
}

extension ServerKey: CustomStringConvertible {
    /// `dns://example.org.:53`.
    package var description: String { "\(transport.rawValue)://\(zone):\(port)" }
}

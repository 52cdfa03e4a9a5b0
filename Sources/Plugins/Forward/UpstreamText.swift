import Corefile
import DNSServer
import DNSWire

/// A word that may name an upstream, taken apart: `[SCHEME://]HOST[%SERVERNAME][:PORT]`.
struct UpstreamText {
    var transport = UpstreamTransport.dns
    /// Host and port as they were written, without scheme and server name.
    var rest: String
    /// What stood behind `%` of an upstream over TLS or HTTPS.
    var serverName: String?

    /// Why a word names no upstream.
    enum Mistake: Error {
        /// Nothing is left behind the scheme, or behind `%`.
        case empty
        case unknownScheme(String)
        case path
    }

    /// - Throws: a ``Mistake``, which says nothing of whether the host is one.
    init(_ text: String) throws(Mistake) {
        guard let range = text.utf8.firstRange(of: Array("://".utf8)) else {
            rest = text
            return
        }
        let scheme = String(text[..<range.lowerBound])
        guard let transport = UpstreamTransport(scheme: scheme) else { throw .unknownScheme(scheme) }
        self.transport = transport
        rest = String(text[range.upperBound...])
        if case .https = transport, rest.contains("/") { throw .path }
        if transport.isSecure { try splitServerName() }
        guard !rest.isEmpty else { throw .empty }
    }

    /// Takes `%NAME` out: it stands before the port, and before the bracket of an IPv6 address.
    private mutating func splitServerName() throws(Mistake) {
        guard let percent = rest.lastIndex(of: "%") else { return }
        var name = rest[rest.index(after: percent)...]
        var host = String(rest[..<percent])
        var port: Substring = ""
        if let colon = name.lastIndex(of: ":") {
            port = name[colon...]
            name = name[..<colon]
        }
        if name.hasSuffix("]") { name.removeLast() }
        // An IPv6 address without brackets can have no port behind it.
        let isBare = host.contains(":") && !host.hasPrefix("[") && !port.isEmpty
        if host.hasPrefix("[") { host += "]" } else if isBare { host = "[\(host)]" }
        guard !name.isEmpty else { throw .empty }
        rest = host + port
        serverName = String(name)
    }

    /// The address, if the host is one.
    var address: SocketAddress? {
        guard !rest.utf8.contains(0), let pair = try? HostPort(rest, defaultPort: transport.defaultPort), pair.port > 0
        else { return nil }
        return SocketAddress(pair.host, port: UInt16(clamping: pair.port))
    }

    /// The name, if the host is one.
    ///
    /// What has only digits and dots is an address or a mistake in one, and no name (RFC 3696 §2): `1.1.1`.
    var name: UpstreamName? {
        guard let pair = try? HostPort(rest, defaultPort: transport.defaultPort), pair.port > 0,
            Self.isHostName(pair.host), !isNumeric
        else { return nil }
        return UpstreamName(host: pair.host, port: UInt16(clamping: pair.port), transport: transport)
    }

    /// Whether the host has only digits and dots: it is an address, or a mistake in one.
    var isNumeric: Bool {
        guard let pair = try? HostPort(rest, defaultPort: transport.defaultPort) else { return false }
        return pair.host.utf8.allSatisfy {
            $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }

    /// Whether a text can be the name of a server in a certificate, where there is no `_`.
    static func isServerName(_ text: String) -> Bool {
        isHostName(text) && !text.contains("_")
    }

    /// Whether a text can be the name of a host.
    static func isHostName(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isPlain && !text.isEmpty && text != "." && (try? Name(parsing: text)) != nil
    }
}

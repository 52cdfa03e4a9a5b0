import Corefile
import DNSServer

/// How queries get to an upstream.
enum UpstreamTransport: Hashable, Sendable {
    /// Over UDP and TCP.
    case dns
    /// Over TLS (RFC 7858); the certificate must be for `serverName`, or without one for the upstream's address.
    case tls(serverName: String?)
    /// Over HTTPS (RFC 8484); the certificate as over TLS.
    case https(serverName: String?)

    /// The transport of a scheme; nil when there is none.
    init?(scheme: String) {
        switch scheme {
        case "dns": self = .dns
        case "tls": self = .tls(serverName: nil)
        case "https": self = .https(serverName: nil)
        default: return nil
        }
    }

    /// The port of upstreams that name none.
    var defaultPort: Int {
        switch self {
        case .dns: 53
        case .tls: 853
        case .https: 443
        }
    }

    /// What stands before the address; nothing for UDP and TCP.
    var prefix: String {
        switch self {
        case .dns: ""
        case .tls: "tls://"
        case .https: "https://"
        }
    }

    /// Whether queries go as HTTP requests.
    var speaksHTTP: Bool {
        if case .https = self { true } else { false }
    }

    /// Whether nothing is said before the upstream has shown a certificate.
    var isSecure: Bool { self != .dns }

    /// The name in the upstream's certificate, in the form in which it is sent and compared.
    var certificateName: String? {
        serverName.map { name in (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased() }
    }

    /// The name in the upstream's certificate, as it is written.
    var serverName: String? {
        get {
            switch self {
            case .dns: nil
            case .tls(let name), .https(let name): name
            }
        }
        set {
            switch self {
            case .dns: break
            case .tls: self = .tls(serverName: newValue)
            case .https: self = .https(serverName: newValue)
            }
        }
    }
}

/// One server that queries can be forwarded to, and how.
struct UpstreamTarget: Hashable, Sendable, CustomStringConvertible {
    var address: SocketAddress
    var transport = UpstreamTransport.dns

    /// `192.0.2.1:53` or `tls://192.0.2.1:853`.
    var description: String { transport.prefix + address.description }
}

/// An upstream given by name, whose addresses are asked for once, at the start.
struct UpstreamName: Hashable, Sendable {
    /// The name, without port.
    var host: String
    var port: UInt16
    var transport: UpstreamTransport
}

/// What a word of a `forward` line stands for.
struct UpstreamEntry: Sendable, CustomStringConvertible {
    enum Kind: Sendable {
        case target(UpstreamTarget)
        case name(UpstreamName)
    }

    var kind: Kind
    /// The word, for mistakes that show later.
    let token: Token
    /// Whether the word itself names the server in the certificate.
    var namesServer = false

    /// `tls://192.0.2.1:853`.
    var description: String {
        switch kind {
        case .target(let target): target.description
        case .name(let name): "\(name.transport.prefix)\(name.host):\(name.port)"
        }
    }

    var transport: UpstreamTransport {
        get {
            switch kind {
            case .target(let target): target.transport
            case .name(let name): name.transport
            }
        }
        set {
            switch kind {
            case .target(var target):
                target.transport = newValue
                kind = .target(target)
            case .name(var name):
                name.transport = newValue
                kind = .name(name)
            }
        }
    }
}

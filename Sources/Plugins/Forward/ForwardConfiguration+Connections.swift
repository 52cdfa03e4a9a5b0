import Corefile
import DNSServer
import DNSWire

/// The options of sockets, connections, TLS and names.
extension ForwardConfiguration {
    /// Sockets and connections.
    static let connecting: [Option] = [
        .flag("force_tcp", "asks over TCP, also when the query came over UDP", \.forcesTCP),
        .flag("prefer_udp", "asks over UDP first, also when the query came over TCP", \.prefersUDP),
        .duration(
            "expire", "how long connections and sockets are kept without use", \.expire, min: .zero, defaultText: "10s"
        ) { $0.kind == .outOfRange ? "expire can't be negative: \(printed($0.text))" : nil },
        .init(
            "max_age", usage: "DURATION", "how long connections and sockets are used at all; 0 is no limit",
            defaultText: "0"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.maximumAge = try reader.duration("max_age", min: .zero) { problem in
                problem.kind == .outOfRange ? "max_age can't be negative: \(printed(problem.text))" : nil
            }
            configuration.places["max_age"] = reader.last
        },
        .integer(
            "max_idle_conns", "how many connections to an upstream are kept without use; 0 is no limit", \.maximumIdle,
            in: 0...Int.max, defaultText: "0"
        ) { $0.kind == .outOfRange ? "max_idle_conns can't be negative: \($0.text)" : nil },
        .init("source_address", usage: "IP", "the address that queries are sent from", read: readSourceAddress),
        .init(
            "resolver", usage: "IP[:PORT]...", "servers that are asked for the addresses of upstreams given by name",
            defaultText: "the system's", read: readResolvers),
    ]

    /// TLS and HTTPS.
    static let securing: [Option] = [
        .init(
            "tls", usage: "[CERT KEY] [CA]",
            "our certificate and key, and the authorities of the upstreams' certificates",
            defaultText: "no certificate, the system's authorities", read: readTLS),
        .init("tls_servername", usage: "NAME", "the name in the upstreams' certificates", read: readServerName),
        .init("doh_method", usage: "POST|GET", "how upstreams over HTTPS are asked", defaultText: "POST") {
            configuration, reader throws(ConfigurationError) in
            configuration.httpMethod = try reader.choice("doh_method") { problem in
                problem.kind == .malformed ? "doh_method must be either POST or GET" : nil
            }
            configuration.places["doh_method"] = reader.subject
        },
    ]

    private static let readSourceAddress: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        let token = try reader.next("IP")
        guard let address = IPAddress(parsing: token.text), let source = SocketAddress(address.unmapped.text, port: 0)
        else {
            throw reader.fail(
                .invalidValue, "invalid IP address: \(QuotedText.excerpt(token.text))",
                hint: "source_address is an address of this machine, without a port")
        }
        configuration.sourceAddress = source
        configuration.places["source_address"] = token
    }

    private static let readResolvers: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        var resolvers: [SocketAddress] = []
        for token in try reader.remaining(atLeastOne: "IP[:PORT]...") {
            guard let pair = try? HostPort(token.text, defaultPort: 53), pair.port > 0, !pair.host.utf8.contains(0),
                let address = SocketAddress(pair.host, port: UInt16(clamping: pair.port))
            else {
                throw reader.fail(
                    .invalidValue, "resolver must be an IP address or IP:port: \(QuotedText.doubleQuoted(token.text))",
                    hint: "such as 10.96.0.10 or [2001:db8::53]:5353", at: token)
            }
            resolvers.append(address)
        }
        configuration.resolvers = resolvers
        configuration.places["resolver"] = reader.subject
    }

    private static let readTLS: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        var words: [Token] = []
        while words.count < 3, let word = try reader.optionalNext() { words.append(word) }
        try reader.finish()
        configuration.tlsFiles = UpstreamTLS.Files(
            chain: words.count > 1 ? words[0] : nil, key: words.count > 1 ? words[1] : nil,
            authorities: words.count == 2 ? nil : words.last)
        configuration.places["tls"] = reader.subject
    }

    private static let readServerName: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        let token = try reader.next("NAME")
        guard IPAddress(parsing: token.text) != nil || UpstreamText.isServerName(token.text) else {
            throw reader.fail(
                .invalidValue, "invalid server name: \(QuotedText.doubleQuoted(token.text))",
                hint: "tls_servername is the name in the upstreams' certificates, such as dns.example.org")
        }
        configuration.tlsServerName = token.text
        configuration.places["tls_servername"] = token
    }
}

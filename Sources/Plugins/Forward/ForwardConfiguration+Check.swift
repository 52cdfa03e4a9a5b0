import Basics
import Corefile
import DNSServer
import DNSWire

/// What can be seen only when the whole block has been read.
extension ForwardConfiguration {
    /// Checks what options say of one another, and makes what follows from them.
    static let check: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        try configuration.checkAge(reader)
        for (index, entry) in configuration.entries.enumerated() where entry.transport.isSecure {
            configuration.entries[index].transport.serverName = try configuration.certificateName(of: entry, reader)
        }
        let transports = configuration.entries.map(\.transport)
        if configuration.places["tls"] != nil || transports.contains(where: \.isSecure) {
            configuration.tls = try UpstreamTLS(
                configuration.tlsFiles, for: transports, in: configuration.directory, reader)
        }
        if configuration.names.isEmpty { try configuration.settle(addresses: [:]) }
    }

    private func checkAge(_ reader: ArgumentReader) throws(ConfigurationError) {
        guard maximumAge > .zero, maximumAge < expire else { return }
        throw reader.fail(
            .conflictingOptions,
            "max_age (\(GoDuration.print(maximumAge))) must not be less than expire (\(GoDuration.print(expire)))",
            hint: "connections without use are closed after expire", at: places["max_age"])
    }

    /// Decides which name the certificate of an upstream must have.
    ///
    /// Difference from CoreDNS: without `tls_servername` it is the upstream's own name where it is given by one, not its
    /// address; and `%NAME` counts for HTTPS too.
    private func certificateName(
        of entry: UpstreamEntry, _ reader: ArgumentReader
    ) throws(ConfigurationError) -> String? {
        switch (entry.namesServer ? entry.transport.serverName : nil, tlsServerName) {
        case (let own?, let common?):
            throw reader.fail(
                .conflictingOptions,
                "both forward ('\(common)') and proxy level ('\(own)') TLS servernames are set "
                    + "for upstream proxy '\(entry)'", hint: "leave one of them out", at: entry.token)
        case (let own?, nil): return try serverName(own, of: entry, entry.token, reader)
        case (nil, let common?): return try serverName(common, of: entry, places["tls_servername"], reader)
        case (nil, nil):
            guard case .name(let name) = entry.kind else { return nil }
            guard !UpstreamText.isServerName(name.host) else { return name.host }
            throw reader.fail(
                .invalidValue, "invalid server name: \(QuotedText.doubleQuoted(name.host))",
                hint: "no certificate can be for it; tls_servername says for what name it is", at: entry.token)
        }
    }

    /// An address in place of a name is none: then the certificate must be for the upstream's own.
    private func serverName(
        _ name: String, of entry: UpstreamEntry, _ place: Token?, _ reader: ArgumentReader
    ) throws(ConfigurationError) -> String? {
        guard let address = IPAddress(name) else { return name }
        if case .target(let target) = entry.kind, target.address.address == address { return nil }
        throw reader.fail(
            .invalidValue, "invalid server name: \(QuotedText.doubleQuoted(name))",
            hint: "without a server name a certificate must be for its upstream's own address", at: place)
    }

    /// Makes ``upstreams`` of ``entries``: each address and port once, the first one counts.
    ///
    /// - Parameter addresses: those of the names.
    /// - Throws: when no upstream is left.
    mutating func settle(addresses: [String: [SocketAddress]]) throws(ConfigurationError) {
        upstreams = []
        unreachable = []
        for entry in entries {
            switch entry.kind {
            case .target(let target): add(target)
            case .name(let name):
                for var address in addresses[name.host] ?? [] {
                    address.port = name.port
                    add(UpstreamTarget(address: address, transport: name.transport))
                }
            }
        }
        guard upstreams.isEmpty, let place = places["source_address"] ?? places["TO"] else { return }
        throw ConfigurationError(
            .conflictingOptions, "no valid upstream addresses found", at: place,
            hint: unreachable.isEmpty ? nil : "none of the upstreams has an address of source_address's family",
            plugin: "forward")
    }

    private mutating func add(_ target: UpstreamTarget) {
        guard upstreams.count < ResolverFile.maximumServers,
            !(upstreams + unreachable).contains(where: { $0.address == target.address })
        else { return }
        if let sourceAddress, sourceAddress.isIPv4 != target.address.isIPv4 {
            unreachable.append(target)
        } else {
            upstreams.append(target)
        }
    }

    /// What is odd, and yet no mistake.
    var warnings: [String] {
        var warnings: [String] = []
        if let narrowedFrom {
            warnings.append(
                "Unsupported CIDR notation: '\(narrowedFrom)' expands to multiple zones. Using only '\(from)'.")
        }
        warnings += rejected.map { "not an IP address in a resolver file: \($0)" }
        warnings += unreachable.map { "left out, since source_address is of the other family: \($0)" }
        if tls?.lacksAuthorities == true, upstreams.contains(where: \.transport.isSecure) {
            warnings.append(
                "this system has no certificates of authorities: "
                    + "upstreams over TLS or HTTPS cannot be verified and are not used (install ca-certificates, or name a file of them: tls CA)"
            )
        }
        return warnings + withoutEffect
    }

    /// Options that say something of upstreams that are not there.
    private var withoutEffect: [String] {
        var lines: [String] = []
        let isSecure = upstreams.contains(where: \.transport.isSecure)
        for option in ["tls", "tls_servername"] where places[option] != nil && !isSecure {
            lines.append("'\(option)' has no effect: no upstream is asked over TLS or HTTPS")
        }
        if places["doh_method"] != nil, !upstreams.contains(where: \.transport.speaksHTTP) {
            lines.append("'doh_method' has no effect: no upstream is asked over HTTPS")
        }
        if places["resolver"] != nil, names.isEmpty {
            lines.append("'resolver' has no effect: no upstream is given by name")
        }
        if forcesTCP || prefersUDP, upstreams.allSatisfy(\.transport.isSecure) {
            let option = forcesTCP ? "force_tcp" : "prefer_udp"
            lines.append("'\(option)' has no effect: all upstreams are asked over TLS or HTTPS")
        }
        return lines
    }
}

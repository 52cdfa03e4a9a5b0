import Corefile
import DNSServer

/// Reading of the words behind `forward`.
extension ForwardConfiguration {
    /// How many upstreams or files can be named.
    static let maximumTargets = 15
    private static let fileLimit = 65_536

    /// Reads `FROM TO...`.
    static let readArguments: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        let from = try reader.next("FROM")
        guard let zones = try? ZoneExpansion.zones(from.text), let zone = zones.first else {
            throw reader.fail(.invalidZone, "unable to normalize '\(from.text)'", hint: "FROM is a zone, such as '.'")
        }
        configuration.from = zone
        configuration.narrowedFrom = zones.count > 1 ? from.text : nil
        let targets = try reader.remaining(atLeastOne: "TO")
        guard targets.count <= maximumTargets else {
            throw reader.fail(
                .limitExceeded, "more than \(maximumTargets) TOs configured: \(targets.count)",
                at: targets[maximumTargets])
        }
        configuration.places["TO"] = targets[0]
        for target in targets { try configuration.add(target, reader) }
        guard !configuration.entries.isEmpty else {
            throw reader.fail(.invalidValue, "no valid upstream addresses found", at: targets[0])
        }
    }

    private mutating func add(_ target: Token, _ reader: ArgumentReader) throws(ConfigurationError) {
        var text = try Self.text(target, reader)
        if let name = text.serverName {
            guard UpstreamText.isServerName(name) else {
                throw reader.fail(
                    .invalidValue, "invalid server name: \(QuotedText.doubleQuoted(name))",
                    hint: "expected \(text.transport.prefix)ADDRESS%NAME, with NAME as in the certificate", at: target)
            }
            text.transport.serverName = name
        }
        let namesServer = text.serverName != nil
        if let address = text.address {
            let kind = UpstreamEntry.Kind.target(UpstreamTarget(address: address, transport: text.transport))
            entries.append(UpstreamEntry(kind: kind, token: target, namesServer: namesServer))
        } else if text.transport == .dns {
            try addFile(text, target, reader)
        } else if let name = text.name {
            entries.append(UpstreamEntry(kind: .name(name), token: target, namesServer: namesServer))
        } else {
            throw Self.notATarget(text, target, "expected \(text.transport.prefix)ADDRESS or NAME", reader)
        }
    }

    private static func text(_ target: Token, _ reader: ArgumentReader) throws(ConfigurationError) -> UpstreamText {
        do {
            return try UpstreamText(target.text)
        } catch {
            let shown = QuotedText.excerpt(target.text)
            switch error {
            case .empty:
                throw reader.fail(.invalidValue, "invalid address: \(QuotedText.doubleQuoted(target.text))", at: target)
            case .unknownScheme(let scheme):
                throw reader.fail(
                    .invalidValue,
                    "'\(QuotedText.excerpt(scheme))' is not supported as a destination protocol in forward: \(shown)",
                    hint: "expected ADDRESS or ADDRESS:PORT, or tls:// or https:// before it", at: target)
            case .path:
                throw reader.fail(
                    .invalidValue,
                    "paths are not allowed in HTTPS upstream addresses (the /dns-query path is used by default): \(shown)",
                    hint: "expected https://ADDRESS or https://ADDRESS:PORT", at: target)
            }
        }
    }

    /// Adds the servers of a file; what is no file may be a name.
    private mutating func addFile(
        _ text: UpstreamText, _ target: Token, _ reader: ArgumentReader
    ) throws(ConfigurationError) {
        let octets: [UInt8]
        do {
            octets = try FileLoader().read(
                FilePath.path(of: text.rest, in: directory), maximumBytes: Self.fileLimit)
        } catch {
            guard error.kind == .missing, let name = text.name else {
                throw Self.notATarget(text, target, "as a file: \(error)", reader)
            }
            entries.append(UpstreamEntry(kind: .name(name), token: target))
            return
        }
        let file = ResolverFile(parsing: octets)
        rejected += file.rejected
        for server in file.servers {
            entries.append(UpstreamEntry(kind: .target(UpstreamTarget(address: server)), token: target))
        }
    }

    private static func notATarget(
        _ text: UpstreamText, _ target: Token, _ hint: String, _ reader: ArgumentReader
    ) -> ConfigurationError {
        let expected = "expected an IPv4 address of four numbers below 256, and a port from 1 to 65535"
        return reader.fail(
            .invalidValue, "not an IP address, file, or valid domain: \(QuotedText.doubleQuoted(text.rest))",
            hint: text.isNumeric ? expected : hint, at: target)
    }
}

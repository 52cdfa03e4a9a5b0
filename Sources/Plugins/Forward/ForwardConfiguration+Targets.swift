import Corefile
import DNSServer

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
        for target in targets { try configuration.add(target, reader) }
        guard !configuration.upstreams.isEmpty else {
            throw reader.fail(.invalidValue, "no valid upstream addresses found", at: targets[0])
        }
    }

    private mutating func add(_ target: Token, _ reader: ArgumentReader) throws(ConfigurationError) {
        let text = try Self.withoutScheme(target, reader)
        guard let address = Self.address(text) else { return try addFile(text, target, reader) }
        add(address)
    }

    private mutating func add(_ address: SocketAddress) {
        guard upstreams.count < ResolverFile.maximumServers, !upstreams.contains(address) else { return }
        upstreams.append(address)
    }

    private static func withoutScheme(_ target: Token, _ reader: ArgumentReader) throws(ConfigurationError) -> String {
        guard let range = target.text.utf8.firstRange(of: Array("://".utf8)) else { return target.text }
        let (scheme, host) = (String(target.text[..<range.lowerBound]), String(target.text[range.upperBound...]))
        switch scheme {
        case "dns":
            guard host.isEmpty else { return host }
            throw reader.fail(.invalidValue, "invalid address: \(QuotedText.doubleQuoted(target.text))", at: target)
        case "tls", "https":
            throw reader.fail(
                .unservedOption, "upstreams over '\(scheme)://' are not served yet: \(target.text)",
                hint: "use an upstream that answers over UDP and TCP", at: target)
        default:
            throw reader.fail(
                .invalidValue, "'\(scheme)' is not supported as a destination protocol in forward: \(target.text)",
                hint: "expected ADDRESS or ADDRESS:PORT", at: target)
        }
    }

    /// `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`, each with a zone index where it takes one.
    private static func address(_ text: String) -> SocketAddress? {
        guard !text.utf8.contains(0), let pair = try? HostPort(text, defaultPort: 53), pair.port > 0 else { return nil }
        return SocketAddress(pair.host, port: UInt16(clamping: pair.port))
    }

    private mutating func addFile(
        _ path: String, _ target: Token, _ reader: ArgumentReader
    ) throws(ConfigurationError) {
        let octets: [UInt8]
        do {
            octets = try FileLoader().read(path, maximumBytes: Self.fileLimit)
        } catch {
            throw Self.notATarget(path, target, error, reader)
        }
        let file = ResolverFile(parsing: octets)
        rejected += file.rejected
        for server in file.servers { add(server) }
    }

    private static func notATarget(
        _ text: String, _ target: Token, _ failure: LoadFailure, _ reader: ArgumentReader
    ) -> ConfigurationError {
        if failure.kind == .missing, looksLikeName(text) {
            return reader.fail(
                .unservedOption, "upstreams given by name are not served yet: '\(text)'",
                hint: "write its IP address; as a file: \(failure)", at: target)
        }
        return reader.fail(
            .invalidValue, "not an IP address, file, or valid domain: \(QuotedText.doubleQuoted(text))",
            hint: "as a file: \(failure)", at: target)
    }

    private static func looksLikeName(_ text: String) -> Bool {
        guard !text.contains("/"), (try? ZoneExpansion.zones(text)) != nil else { return false }
        guard let pair = try? HostPort(text, defaultPort: 53) else { return true }
        return SocketAddress(pair.host, port: 53) == nil
    }
}

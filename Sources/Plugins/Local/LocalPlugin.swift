import Corefile
import DNSServer
import DNSWire
import Telemetry

/// `local`: answers for localhost and for the addresses of this host, so that no such question leaves it.
///
/// Source: RFC 6761 §6.3, RFC 6303 §4.3.
final class LocalPlugin: QueryHandler {
    /// What `local` is told.
    struct Configuration: Sendable {
        /// Whether names that begin with `localhost` are taken for it in other domains as well.
        var takesPrefix = true
    }

    static let definition = PluginDefinition.plugin(directive, initial: Configuration()) { configuration, context in
        let counter = try context.metrics.counter(
            "coredns_local_localhost_requests_total",
            help: "Counter of localhost.<domain> and <name>.localhost requests.")
        return DeclaredPlugin("local", []) { LocalPlugin(configuration, counter, $0.shard) }
    }

    private static let directive = DirectiveDeclaration<Configuration>(
        name: "local", oncePerBlock: false,
        options: [.one("localhost_prefix", onOff, \.takesPrefix)])

    private static let onOff = Argument<Bool> { reader throws(ConfigurationError) in
        let token = try reader.next("on or off")
        guard token.text == "on" || token.text == "off" else {
            let text = QuotedText.doubleQuoted(QuotedText.excerpt(token.text))
            throw reader.fail(.invalidValue, "localhost_prefix expects 'on' or 'off', got \(text)")
        }
        return token.text == "on"
    }

    private let configuration: Configuration
    private let counter: Counter
    private let shard: MetricShard

    init(_ configuration: Configuration, _ counter: Counter, _ shard: MetricShard) {
        self.configuration = configuration
        self.counter = counter
        self.shard = shard
    }

    func handle(_ query: Query) -> Verdict {
        guard query.recordClass.takesInternet else { return .next }
        if isTakenForLocalhost(query.name) {
            counter.increment(in: shard)
            query.answerForLocalhost(isApex: false)
            return .reply
        }
        guard let zone = LocalZone(of: query.name) else { return .next }
        if zone.isLocalhost {
            query.answerForLocalhost(isApex: true)
        } else {
            query.answerForReverseZone(zone)
        }
        return .reply
    }

    /// Whether `name`, which is longer, is below localhost or begins with it.
    private func isTakenForLocalhost(_ name: Span<UInt8>) -> Bool {
        let localhost = LocalZone.localhost
        guard name.count > localhost.count else { return false }
        if suffixStart(of: name, under: localhost.span) != nil { return true }
        guard configuration.takesPrefix else { return false }
        return name.matches(0..<(localhost.count - 1), localhost.span, at: 0)
    }
}

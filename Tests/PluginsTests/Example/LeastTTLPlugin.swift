import Corefile
import DNSServer
import DNSWire
import Telemetry

/// `leastttl`: lets no record live shorter than it is told, below some zones.
final class LeastTTLPlugin: ReplyHandler {
    /// What `leastttl` is told.
    struct Configuration: Sendable {
        /// Seconds.
        var ttl = 30
        /// Types of records that stay as they are.
        var except: [RecordType] = []
        var isOff = false
    }

    static let definition = PluginDefinition.plugin(directive, initial: Configuration()) { configuration, context in
        let raised = try context.metrics.counter(
            "needletail_leastttl_raised_total", help: "Records that were made to live longer.",
            labels: [("server", context.block.serverLabel)])
        return DeclaredPlugin("leastttl", .leavesQuestionsAlone) { worker in
            LeastTTLPlugin(configuration, raised, worker.shard)
        }
    }

    private static let directive = DirectiveDeclaration<Configuration>(
        name: "leastttl",
        arguments: .optional(.integer("SECONDS", in: 1...86_400), \.ttl),
        options: [.list("except", type, empty: "except needs a type", \.except), .flag("off", \.isOff)])

    private static let type = Argument<RecordType> { reader throws(ConfigurationError) in
        let token = try reader.next("TYPE")
        guard let type = RecordType(parsing: token.text) else {
            throw reader.fail(.invalidValue, "unknown type '\(token.text)'", hint: "such as A or TXT")
        }
        return type
    }

    private let configuration: Configuration
    private let raised: Counter
    private let shard: MetricShard

    init(_ configuration: Configuration, _ raised: Counter, _ shard: MetricShard) {
        self.configuration = configuration
        self.raised = raised
        self.shard = shard
    }

    /// On the way down: nothing to do.
    func handle(_ query: Query) -> Verdict { .next }

    /// On the way up: the reply of a plugin behind this one.
    func finish(_ query: Query) -> ReplyVerdict {
        guard !configuration.isOff, query.hasOrdinaryReply else { return .done }
        let least = UInt32(configuration.ttl)
        do throws(WireError) {
            try query.visitRecords { _, record in
                if record.ttl < least, !configuration.except.contains(record.type) {
                    query.setTTL(least, of: record)
                    raised.increment(in: shard)
                }
                return true
            }
        } catch {
            // A damaged record of an upstream: what stands before it is done.
        }
        return .done
    }
}

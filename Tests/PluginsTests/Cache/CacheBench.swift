import DNSWire
import Synchronization
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

/// A `cache` in front of a source that the test plays, with a clock that the test moves.
final class CacheBench {
    /// What stands behind the cache.
    ///
    /// Unchecked Sendable: everything happens on the test's own thread.
    final class Source: @unchecked Sendable {
        enum Conduct {
            case reply(CacheReply)
            /// It is waited for until the test says more.
            case silence
            case failure
            case drop
        }

        /// What was asked, as it arrived.
        struct Arrival: Equatable {
            var name: String
            var type = RecordType.A
            var flags: UInt16
            var dnssecOK = false
            var transport = Query.Transport.udp
        }

        var conduct = Conduct.failure
        var arrivals: [Arrival] = []
        var waiting: [Query] = []

        func handle(_ query: Query) -> Verdict {
            arrivals.append(
                Arrival(
                    name: query.ownedName.text, type: query.type, flags: query.message.uint16(at: 2),
                    dnssecOK: query.dnssecOK, transport: query.transport))
            switch conduct {
            case .reply(let reply): return Self.verdict(query, reply)
            case .silence:
                waiting.append(query)
                return .parked
            case .failure: return .fail(QueryFailure(.serverFailure, "no upstream"))
            case .drop: return .drop
            }
        }

        static func verdict(_ query: Query, _ reply: CacheReply) -> Verdict {
            guard let octets = try? reply.message(to: query), (try? query.takeReply(octets.span)) != nil else {
                return .fail(QueryFailure(.formatError, "the test's reply is wrong"))
            }
            return .reply
        }
    }

    let bench: PluginBench
    let source: Source
    private let start: UInt64

    /// - Parameters:
    ///   - options: the lines of the block.
    ///   - arguments: what stands behind `cache`.
    init(_ options: String, arguments: String = "") throws {
        let source = Source()
        self.source = source
        bench = try PluginBench(
            ". {\ncache \(arguments) {\n\(options)\n}\nerratic\n}\n",
            [CachePlugin.definition, ScriptedPlugin.definition { source.handle($0) }])
        start = bench.worker.now
    }

    /// Moves the clock to `seconds` after the start, and fires the timers that are due.
    func clock(at seconds: Double) {
        bench.worker.now = start + UInt64(seconds * 1e9)
        bench.worker.fireTimers()
    }

    static func question(
        _ name: String, _ type: RecordType = .A, edns: EDNS? = nil, checkingDisabled: Bool = false, ad: Bool = false
    ) throws -> Message {
        var message = Message(id: 9, asking: Question(try Name(parsing: name), type), edns: edns)
        message.flags.recursionDesired = true
        message.flags.checkingDisabled = checkingDisabled
        message.flags.authenticData = ad
        return message
    }

    /// What the cache answers; nil when the question waits.
    func ask(_ name: String, _ type: RecordType = .A, edns: EDNS? = nil, checkingDisabled: Bool = false) throws
        -> Message?
    {
        try bench.send(Self.question(name, type, edns: edns, checkingDisabled: checkingDisabled))
    }

    /// The same in a few words: code, then the first record's TTL and data; nil when the question waits.
    func brief(_ name: String, _ type: RecordType = .A) throws -> String? {
        try ask(name, type).map(Self.brief)
    }

    static func brief(_ message: Message) -> String {
        guard let record = (message.answers + message.authorities).first else { return "\(message.responseCode)" }
        let words = record.text.split(separator: " ")
        return "\(message.responseCode) \(words[1]) \(words.last ?? "")"
    }

    func begin(_ name: String, edns: EDNS? = nil) throws -> PluginBench.Begun {
        try bench.begin(Self.question(name, edns: edns))
    }

    /// Has the source answer everybody who waits.
    func release(_ reply: CacheReply? = nil) {
        let waiting = source.waiting
        source.waiting = []
        for query in waiting {
            query.resume(reply.map { Source.verdict(query, $0) } ?? .fail(QueryFailure(.serverFailure, "no upstream")))
        }
    }

    var plugin: CachePlugin {
        get throws { try bench.plugin(CachePlugin.self) }
    }

    func total(_ counter: (CacheMetrics) -> Counter) throws -> UInt64 {
        bench.metrics.total(counter(try plugin.metrics))
    }

    /// How many queries of the server's own are under way.
    var inBackground: Int { bench.worker.backgroundCount.load(ordering: .relaxed) }

    /// An address record of `name`: `192.0.2.N`.
    static func address(_ number: Int, _ name: String = "a.test", ttl: Int = 60) -> CacheReply {
        CacheReply(answers: ["\(name) \(ttl) A 192.0.2.\(number)"])
    }

    static let denial = CacheReply(code: .nameError, authorities: [CacheReply.soa])
}

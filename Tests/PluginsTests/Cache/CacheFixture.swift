import Basics
import Corefile
import DNSWire
import Logging
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

/// A `cache` in one worker, with queries and replies made by hand; time is what the test says.
struct CacheFixture {
    /// Never started; plugins only hold it.
    private static let server = Result {
        try Server(
            options: .init(corefilePath: nil, environment: [:], workers: 1, plugins: []), metrics: MetricsRegistry())
    }

    let registry: MetricsRegistry
    let worker: Worker
    let plugin: CachePlugin
    let handler: CacheHandler

    static let second: UInt64 = 1_000_000_000

    /// - Parameter handover: what its state is kept in.
    init(_ text: String = "cache", in handover: Handover = Handover()) throws {
        let registry = MetricsRegistry()
        let counters = try ServerCounters(registry)
        let worker = try Worker(index: 0, shard: registry.makeShard(), counters: counters)
        let configuration = try Self.configuration(text)
        let plugin = try CachePlugin(configuration, try Self.context(registry, handover))
        self.registry = registry
        self.worker = worker
        self.plugin = plugin
        handler = CacheHandler(plugin, worker)
    }

    static func configuration(_ text: String) throws(ConfigurationError) -> CacheConfiguration {
        let corefile = try Corefile.parse(text: ".:53 {\n\(text)\n}\n")
        return try CacheConfiguration.directive.read(
            corefile.blocks[0].directives, serverZones: corefile.blocks[0].zones, initial: CacheConfiguration())
    }

    static func context(_ registry: MetricsRegistry, _ handover: Handover) throws -> PluginContext {
        let server = try server.get()
        return PluginContext(
            block: BlockIdentity(zones: ["."], zoneNames: [.root], port: 53, serverLabel: "dns://:53"),
            metrics: registry, handover: handover, directory: ".", environment: [:], server: server,
            logger: Logger(label: "test"))
    }

    /// A query as it comes from a client.
    func query(
        _ name: String, _ type: RecordType = .A, dnssecOK: Bool? = nil, checkingDisabled: Bool = false, ad: Bool = false
    ) throws -> Query {
        var message = Message(id: 77, asking: Question(try Name(parsing: name), type))
        message.flags.checkingDisabled = checkingDisabled
        message.flags.authenticData = ad
        if let dnssecOK { message.edns = EDNS(payloadSize: 1_232, dnssecOK: dnssecOK) }
        let query = worker.takeQuery()
        let octets = message.encoded()
        query.take(octets.span)
        #expect(query.admit() == .admitted)
        return query
    }

    /// Gives `query` a reply from behind the cache.
    func take(_ query: Query, _ reply: CacheReply) throws {
        let octets = try reply.message(to: query)
        try query.takeReply(octets.span)
        query.hasReply = true
    }

    /// Gives `query` a reply from behind the cache and sends it up through the cache.
    func reply(_ query: Query, _ reply: CacheReply, at now: UInt64 = 0) throws {
        try take(query, reply)
        handler.store(query, now: now)
        query.reply.finish()
    }

    /// What the cache answers; nil when it has no answer.
    func answer(_ query: Query, at now: UInt64 = 0) throws -> Message? {
        guard handler.answer(query, now: now) == .given else { return nil }
        query.reply.finish()
        let reply = query.reply
        return try Message(decoding: reply.bytes)
    }

    /// Asks, is answered by `reply`, and asks again.
    func answerAfter(_ reply: CacheReply, to name: String, _ type: RecordType = .A, at now: UInt64 = 0) throws
        -> Message?
    {
        try self.reply(try query(name, type), reply)
        return try answer(try query(name, type), at: now)
    }

    var entries: Int { plugin.state.success.count + plugin.state.denial.count }
}

/// A reply in a few words: `CacheReply(answers: ["www.test 60 A"])`.
struct CacheReply: Sendable {
    var code = ResponseCode.noError
    var answers: [String] = []
    var authorities: [String] = []
    var additionals: [String] = []
    var flags: UInt16 = MessageHeader.Flags.response | MessageHeader.Flags.recursionAvailable
    var dnssecOK: Bool?

    static let soa = "test 300 SOA 60"

    func message(to query: Query) throws -> [UInt8] {
        var message = Message(id: 1, flags: .init(rawValue: flags))
        message.questions = [Question(query.ownedName, query.type, recordClass: query.recordClass)]
        message.answers = try answers.map(Self.record)
        message.authorities = try authorities.map(Self.record)
        message.additionals = try additionals.map(Self.record)
        if let dnssecOK { message.edns = EDNS(payloadSize: 4_096, dnssecOK: dnssecOK) }
        message.flags.responseCode = UInt8(code.rawValue & 0xF)
        return message.encoded()
    }

    /// `OWNER TTL TYPE [DATA]`; an A record is 192.0.2.1 when nothing else is said.
    private static func record(_ text: String) throws -> Record {
        let words = text.split(separator: " ").map(String.init)
        let owner = try Name(parsing: words[0])
        let type = try #require(RecordType(parsing: words[2]))
        let data = words.count > 3 ? words[3] : ""
        return Record(owner, type, ttl: try #require(UInt32(words[1])), try Self.data(type, data))
    }

    private static func data(_ type: RecordType, _ text: String) throws -> RecordData {
        switch type {
        case .A: .a(try address(text.isEmpty ? "192.0.2.1" : text))
        case .CNAME: .cname(try Name(parsing: text))
        case .NS: .ns(try Name(parsing: text.isEmpty ? "ns.test" : text))
        case .SOA:
            .soa(
                SOAData(
                    primary: try Name(parsing: "ns.test"), mailbox: try Name(parsing: "admin.test"), serial: 1,
                    refresh: 2,
                    retry: 3, expire: 4, minimum: UInt32(text) ?? 60))
        case .RRSIG:
            .rrsig(
                RRSIGData(
                    typeCovered: .A, algorithm: 13, labels: 2, originalTTL: 60, expiration: UInt32(text) ?? .max >> 1,
                    inception: 0, keyTag: 1, signer: try Name(parsing: "test"), signature: [1, 2, 3]))
        default: .unknown(Array(text.utf8))
        }
    }

    private static func address(_ text: String) throws -> IPAddress {
        let parsed = IPAddress(text)
        return try #require(parsed)
    }
}

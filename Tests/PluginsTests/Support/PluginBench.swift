import Corefile
import DNSWire
import Glibc
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

/// A server block built from a Corefile, whose queries run on the test's own thread; nothing is opened.
final class PluginBench {
    let metrics = MetricsRegistry()
    let server: Server
    let worker: Worker
    let configuration: DNSServer.Configuration
    private let table: BlockTable

    /// Builds the first block of `corefile` with `plugins`, which stand in chain order.
    init(_ corefile: String, _ plugins: [PluginDefinition]) throws {
        let file = try TemporaryFile(corefile)
        let options = Server.Options(corefilePath: file.path, environment: [:], workers: 1, plugins: plugins)
        server = try Server(options: options, metrics: metrics)
        worker = server.workers[0]
        configuration = try DNSServer.Configuration(
            options: options, metrics: metrics, server: server, after: nil)
        let chain = configuration.blocks[0].makeChain(for: worker)
        table = BlockTable(configuration.blocks[0].identity.zoneNames.map { ($0, chain) })
    }

    /// The directives of the first block, in chain order.
    var pluginNames: [String] { configuration.blocks[0].plugins.map(\.name) }

    /// The plugin of the first block that has this type.
    func plugin<P: Plugin>(_ type: P.Type) throws -> P {
        try #require(configuration.blocks[0].plugins.lazy.compactMap { $0 as? P }.first)
    }

    /// The endpoint that a plugin of the configuration shares.
    func endpoint(_ address: String) -> HTTPEndpoint {
        configuration.handover.object("http/\(address)") { HTTPEndpoint(HostPort(host: "", port: 1)) }
    }

    /// The reply to a question; nil when there is none.
    func ask(
        _ name: String, _ type: RecordType = .A, edns: EDNS? = nil, client: String = "192.0.2.1", port: UInt16 = 4_242,
        transport: Query.Transport = .udp
    ) throws -> Message? {
        var message = Message(id: 7, asking: Question(try Name(parsing: name), type), edns: edns)
        message.flags.recursionDesired = true
        return try send(message, client: client, port: port, transport: transport)
    }

    func send(
        _ message: Message, client: String = "192.0.2.1", port: UInt16 = 4_242, transport: Query.Transport = .udp
    ) throws -> Message? {
        try begin(message, client: client, port: port, transport: transport).reply
    }

    /// A question whose reply may come later, on the test's own thread.
    final class Begun {
        private(set) var isDone = false
        private var octets: [UInt8]?

        /// The reply; nil as long as there is none.
        var reply: Message? {
            get throws { try octets.map { try Message(decoding: $0.span) } }
        }

        fileprivate func end(_ octets: [UInt8]?) {
            isDone = true
            self.octets = octets
        }
    }

    func begin(
        _ message: Message, client: String = "192.0.2.1", port: UInt16 = 4_242, transport: Query.Transport = .udp
    ) throws -> Begun {
        let query = Query(worker: worker)
        query.client = try #require(SocketAddress(client, port: port))
        query.transport = transport
        query.arrival = worker.readClock()
        query.take(message.encoded().span)
        let begun = Begun()
        query.origin = Origin { begun.end($0) }
        worker.process(query, table)
        return begun
    }

    /// Whether no query is on its way.
    var isIdle: Bool { table.isIdle }

    /// The reply to a question that must wait: it is asked on the worker's own thread.
    func askOnWorker(
        _ name: String, _ type: RecordType = .A, recordClass: RecordClass = .IN, edns: EDNS? = nil,
        client: String = "192.0.2.1", transport: Query.Transport = .udp
    ) async throws -> Message? {
        let client = try #require(SocketAddress(client, port: 4_242))
        let question = Question(try Name(parsing: name), type, recordClass: recordClass)
        let octets = Message(id: 7, asking: question, edns: edns).encoded()
        try worker.start()
        defer { worker.execute { $0.stop() } }
        // Only the worker's thread uses the table from here on.
        nonisolated(unsafe) let table = table
        let reply = try await outcome(of: "a reply") { teller in
            worker.execute { worker in
                let query = Query(worker: worker)
                query.client = client
                query.transport = transport
                query.arrival = worker.now
                query.take(octets.span)
                query.origin = Origin { teller.tell($0) }
                unsafe worker.process(query, table)
            }
        }
        return try reply.map { try Message(decoding: $0.span) }
    }

    /// Tells the handlers that no more queries come.
    func retire() {
        for chain in table.chains { chain.retire(on: worker) }
    }

    private final class Origin: QueryOrigin {
        private let done: ([UInt8]?) -> Void

        init(_ done: @escaping ([UInt8]?) -> Void) {
            self.done = done
        }

        func complete(_ query: Query) {
            let reply = query.reply
            done(query.hasReply && !query.isDropped ? reply.bytes.copy() : nil)
        }
    }

    /// The exposition text's line that starts with `series`, or nil.
    func metric(_ series: String) -> String? {
        String(decoding: metrics.exposition(.prometheus), as: UTF8.self)
            .split(separator: "\n").map(String.init).first { $0.hasPrefix(series + " ") }
    }
}

/// The last plugin of a chain in tests, which says what the test wants; its directive is `erratic`.
final class ScriptedPlugin: Plugin {
    let name = "erratic"
    let acceptsAllClasses: Bool
    private let verdict: @Sendable (Query) -> Verdict

    init(acceptsAllClasses: Bool = false, _ verdict: @escaping @Sendable (Query) -> Verdict) {
        self.acceptsAllClasses = acceptsAllClasses
        self.verdict = verdict
    }

    static func definition(
        acceptsAllClasses: Bool = false, _ verdict: @escaping @Sendable (Query) -> Verdict
    ) -> PluginDefinition {
        PluginDefinition("erratic") { _, _ in ScriptedPlugin(acceptsAllClasses: acceptsAllClasses, verdict) }
    }

    func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        ScriptedHandler(verdict)
    }
}

final class ScriptedHandler: QueryHandler {
    private let verdict: @Sendable (Query) -> Verdict

    init(_ verdict: @escaping @Sendable (Query) -> Verdict) {
        self.verdict = verdict
    }

    func handle(_ query: Query) -> Verdict { verdict(query) }
}

/// A file that is removed with its owner.
final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        path = "/tmp/needletail-test-\(UInt64.random(in: 0...UInt64.max))"
        try write(text)
    }

    deinit {
        remove()
    }

    func remove() {
        _ = unsafe unlink(path)
    }

    func write(_ text: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        try #require(written == bytes.count)
    }
}

/// Log lines kept for the test: `level: message`.
final class LogRecorder: LogHandler, Sendable {
    private let state = Mutex<[String]>([])
    let label = "test"
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    var lines: [String] { state.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in self }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        state.withLock { $0.append("\(event.level): \(event.message)") }
    }
}

/// Parses one directive block as the plugin would get it.
func directives(_ name: String, _ text: String) throws -> [Directive] {
    let corefile = try Corefile.parse(text: ". {\n\(text)\n}\n")
    return corefile.blocks[0].directives(named: name)
}

/// The message of the mistake in a server block whose only plugin this is; nil when there is none.
func mistake(in text: String, _ definition: PluginDefinition) throws -> String? {
    do {
        _ = try PluginBench(". {\n\(text)\n}\n", [definition])
        return nil
    } catch let error as ConfigurationError {
        return error.message
    }
}

/// The message of the mistake in a directive; nil when there is none.
func mistake<C>(in text: String, _ declaration: DirectiveDeclaration<C>, _ initial: C) throws -> String? {
    do {
        _ = try declaration.readEach(directives(declaration.name, text), serverZones: ["."], initial: initial)
        return nil
    } catch let error as ConfigurationError {
        return error.message
    }
}

extension Query {
    /// Appends an A record of the question's name: 192.0.2.9, for a minute.
    func appendAddress() {
        let record = reply.beginRecord(ownerAt: MessageHeader.length, type: .A, ttl: 60)
        reply.append(UInt32(0xC000_0209))
        reply.endRecord(record)
    }
}

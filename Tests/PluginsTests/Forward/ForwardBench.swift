import DNSWire
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

/// `forward` in a worker that does not run: what happens, and when, is the test's to say.
final class ForwardBench {
    let registry = MetricsRegistry()
    let worker: Worker
    let plugin: ForwardPlugin
    let engine: ForwardEngine
    private let table: BlockTable
    /// How often each query has ended.
    private(set) var ends: [Int] = []
    /// Replies that were not those to their questions.
    private(set) var mistakes: [String] = []
    /// Called when a query has ended.
    var whenDone: (() -> Void)?

    init(_ text: String, waiting: Int) throws {
        worker = try ForwardFixture.makeWorkers(1, registry, waiting: waiting)[0]
        plugin = try ForwardFixture.makePlugin(text, registry)
        table = ForwardFixture.makeTable(plugin, for: worker)
        let handler = try #require(plugin.makeHandler(for: worker) as? ForwardHandler)
        engine = handler.engine
    }

    func ask(
        _ name: String, over transport: Query.Transport = .udp, timeLeft: UInt64? = nil,
        from client: SocketAddress = .none,
        _ edns: EDNS? = nil
    ) throws {
        let id = UInt16(truncatingIfNeeded: ends.count)
        let query = worker.takeQuery()
        query.take(Message(id: id, asking: Question(try Name(parsing: name), .A), edns: edns).encoded().span)
        query.transport = transport
        query.client = client
        if let timeLeft { query.deadline = worker.now + timeLeft }
        let number = ends.count
        ends.append(0)
        query.origin = ForwardFixture.Origin { [unowned self] octets, _ in
            ends[number] += 1
            if let octets { check(octets, id, name) }
            whenDone?()
        }
        worker.process(query, table)
    }

    private func check(_ octets: [UInt8], _ id: UInt16, _ name: String) {
        guard let reply = try? Message(decoding: octets.span), reply.id == id,
            reply.questions.map(\.name.text) == [name + "."],
            reply.answers.allSatisfy({ $0.owner.text == name + "." })
        else { return mistakes.append("\(id) \(name): \(octets)") }
    }

    /// Lets time pass, in nanoseconds, and what is due happen.
    func pass(_ time: UInt64) {
        worker.now += time
        worker.fireTimers()
    }

    /// All queries that are on their way to upstreams over UDP, by what they wait on.
    var openLegs: [(exchange: ForwardExchange, leg: Int)] {
        engine.exchanges.filter { $0.query != nil && $0.outcome == .pending }.flatMap { exchange in
            exchange.holds.indices.filter { exchange.holds[$0].socket != nil }.map { (exchange, $0) }
        }
    }

    /// The upstream says `message` to what was asked on a leg.
    func receive(_ message: [UInt8], _ exchange: ForwardExchange, _ leg: Int) {
        guard let header = MessageHeader(decoding: message.span) else { return }
        if engine.accept(message.span, header, exchange, leg, isDatagram: true) == .malformed {
            engine.spoil(exchange, leg, .udp)
        }
    }

    /// A datagram comes from where `socket` leads to.
    func arrive(_ message: [UInt8], on socket: UpstreamSocket) {
        engine.take(message.span, socket)
    }

    /// Sends what was queued.
    func flush() {
        for socket in sockets { engine.sendQueued(socket) }
    }

    /// What a counter without labels has.
    func total(_ counter: String) -> Int {
        String(decoding: registry.exposition(.prometheus), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix(counter + " ") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }

    /// What a counter has for all upstreams together.
    func sum(_ counter: String) -> Int {
        String(decoding: registry.exposition(.prometheus), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix(counter + "{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }

    /// All handlers go.
    func retire() {
        plugin.retire(engine)
        for chain in table.chains { chain.retire(on: worker) }
    }

    private var sockets: [UpstreamSocket] {
        engine.routes.flatMap { $0.flatMap { $0.pool.sockets.compactMap(\.self) + $0.pool.retired } }
    }

    /// What is left of queries though all have ended; nothing should be.
    var remains: [String] {
        var remains: [String] = mistakes
        for (number, count) in ends.enumerated() where count != 1 {
            remains.append("query \(number) ended \(count) times")
        }
        for exchange in engine.exchanges
        where exchange.query != nil || exchange.ticket != nil || exchange.timer != nil || !exchange.holds.isEmpty
            || exchange.flight != .none
        {
            remains.append("exchange \(exchange.number)")
        }
        if engine.free.count != engine.exchanges.count || Set(engine.free).count != engine.free.count {
            remains.append("\(engine.free.count) of \(engine.exchanges.count) exchanges are free")
        }
        if !engine.followers.isEmpty { remains.append("followers") }
        if worker.waiting.count != 0 || worker.waiting.octets != 0 { remains.append("\(worker.waiting.count) wait") }
        if worker.inFlight != 0 { remains.append("\(worker.inFlight) are in flight") }
        for group in plugin.groups where group.flights.count != 0 { remains.append("\(group.flights.count) flights") }
        for group in plugin.groups where group.flights.crowdCount != 0 { remains.append("a crowd") }
        for socket in sockets where !socket.waiting.isEmpty { remains.append("\(socket.waiting.count) IDs") }
        if engine.routes.contains(where: { $0.contains { !$0.pool.retired.isEmpty } }) {
            remains.append("a retired socket")
        }
        return remains
    }
}

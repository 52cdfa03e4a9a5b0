import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import DNSServer

/// The network side of a connection: takes replies only when the test lets it.
private final class Gate: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var isOpen = true
    private(set) var isOutputClosed = false
    private var waiting: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if let promise { waiting.append(promise) }
        if isOpen { takeAll() }
    }

    func flush(context: ChannelHandlerContext) {}

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        isOutputClosed = true
        promise?.succeed(())
    }

    /// The client takes a reply.
    func takeOne() {
        waiting.removeFirst().succeed(())
    }

    func takeAll() {
        while !waiting.isEmpty { takeOne() }
    }
}

/// A connection whose clock, client and server the test plays.
private final class PlayedConnection {
    private let channel = EmbeddedChannel()
    let gate = Gate()
    /// The answers that the server owes.
    private var owed: [@Sendable (TCPConnection.Answer) -> Void] = []
    private let room: ReplyRoom
    private(set) var asked = 0

    init(_ change: (inout ConnectionSettings) -> Void = { _ in }) throws {
        let metrics = MetricsRegistry()
        let resources = try ServerResources(ResourceLimits(), [makeWorker(metrics: metrics)], metrics)
        var settings = ConnectionSettings()
        change(&settings)
        room = ReplyRoom(resources.buffers)
        let connection = TCPConnection(
            client: .none, listener: 0, channel: channel, resources: resources, settings: settings, replyRoom: room
        ) { [unowned self] _, answer in
            asked += 1
            owed.append(answer)
        }
        try channel.pipeline.syncOperations.addHandlers([gate, connection])
        channel.connect(to: try NIOCore.SocketAddress(ipAddress: "192.0.2.1", port: 4_242), promise: nil)
    }

    var isOpen: Bool { channel.isActive }

    func pass(_ time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
    }

    func send(_ octets: [UInt8]) throws {
        guard isOpen else { return }
        try channel.writeInbound(ByteBuffer(bytes: octets))
    }

    /// The client sends whole queries.
    func query(_ count: Int = 1) throws {
        for _ in 0..<count { try send([0, 2, 7, 7]) }
    }

    /// The server answers the oldest query.
    func answer(_ reply: [UInt8]? = [1]) {
        if let reply { _ = room.take(reply.count) }
        owed.removeFirst()(reply.map { .reply($0) } ?? .none)
        channel.embeddedEventLoop.run()
    }

    /// The oldest message turns out to be no query.
    func findNoQuery() {
        owed.removeFirst()(.noQuery)
        channel.embeddedEventLoop.run()
    }

    /// The server says that it does not listen any more in place of an answer to the oldest query.
    func refuseAsOver() {
        owed.removeFirst()(.over)
        channel.embeddedEventLoop.run()
    }

    /// Whether the kernel takes more for the client.
    var isWritable: Bool {
        get { channel.isWritable }
        set {
            channel.isWritable = newValue
            channel.pipeline.fireChannelWritabilityChanged()
        }
    }

    /// The client closes its side.
    func endInput() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// Whether it is open until just before `time` has passed, and closed then.
    func endsAfter(_ time: TimeAmount) -> Bool {
        pass(time - .milliseconds(1))
        guard isOpen else { return false }
        pass(.milliseconds(1))
        return !isOpen
    }
}

@Suite("How long the clients of connections are waited for")
struct ConnectionTimesTests {
    @Test("The first query has to be there in three seconds, or in the time that is set", arguments: [3, 20])
    func read(seconds: Int64) throws {
        let connection = try PlayedConnection { if seconds != 3 { $0.readTime = .seconds(seconds) } }
        #expect(connection.endsAfter(.seconds(seconds)))
    }

    @Test("A part of a query wins no time")
    func parts() throws {
        let connection = try PlayedConnection()
        connection.pass(.seconds(2))
        try connection.send([0, 9, 1])
        #expect(connection.endsAfter(.seconds(1)))

        let later = try PlayedConnection()
        try later.query()
        later.answer()
        later.pass(.seconds(9))
        try later.send([0])
        #expect(later.endsAfter(.seconds(1)))
    }

    @Test("After a reply the next query has ten seconds, or the time that is set, each time anew", arguments: [10, 60])
    func idle(seconds: Int64) throws {
        let connection = try PlayedConnection { if seconds != 10 { $0.idleTime = .seconds(seconds) } }
        for _ in 0..<3 {
            try connection.query()
            connection.answer()
            connection.pass(.seconds(seconds) - .milliseconds(1))
            #expect(connection.isOpen)
        }
        try connection.query()
        // One that gets no reply is done as well.
        connection.answer(nil)
        #expect(connection.endsAfter(.seconds(seconds)))
    }

    @Test("A message that gets no reply, being no query, wins no time either")
    func noQuery() throws {
        let connection = try PlayedConnection()
        for _ in 0..<5 {
            try connection.query()
            connection.findNoQuery()
            connection.pass(.milliseconds(500))
        }
        #expect(connection.isOpen)
        #expect(connection.endsAfter(.milliseconds(500)))
    }

    @Test("While the client waits for the server no time runs")
    func answering() throws {
        let connection = try PlayedConnection()
        try connection.query(2)
        connection.pass(.hours(1))
        connection.answer()
        connection.pass(.hours(1))
        #expect(connection.isOpen)
        connection.answer()
        #expect(connection.endsAfter(.seconds(10)))
    }

    @Test("A reply has to be taken in five seconds, or in the time set, from when it is the next", arguments: [5, 30])
    func write(seconds: Int64) throws {
        let connection = try PlayedConnection { if seconds != 5 { $0.writeTime = .seconds(seconds) } }
        connection.gate.isOpen = false
        try connection.query(3)
        for _ in 0..<3 { connection.answer() }
        for _ in 0..<2 {
            connection.pass(.seconds(seconds) - .milliseconds(1))
            #expect(connection.isOpen)
            connection.gate.takeOne()
        }
        // Queries that come meanwhile do not help.
        try connection.query()
        #expect(connection.endsAfter(.seconds(seconds)))
    }

    @Test("When all replies are taken it is the next query that is waited for")
    func writeThenIdle() throws {
        let connection = try PlayedConnection()
        connection.gate.isOpen = false
        try connection.query()
        connection.answer()
        connection.pass(.seconds(4))
        connection.gate.takeAll()
        #expect(connection.endsAfter(.seconds(10)))
    }

    @Test("A client that has closed its side gets all replies, also those that it takes late")
    func halfClosed() throws {
        let connection = try PlayedConnection()
        connection.gate.isOpen = false
        try connection.query(2)
        connection.answer()
        connection.endInput()
        connection.answer()
        connection.pass(.seconds(4))
        #expect(connection.isOpen)
        connection.gate.takeOne()
        #expect(connection.isOpen)
        connection.gate.takeOne()
        #expect(!connection.isOpen)
    }

    @Test("Whole queries that wait for room are answered also when the client has closed its side meanwhile")
    func halfClosedWithoutRoom() throws {
        let connection = try PlayedConnection()
        connection.gate.isOpen = false
        try connection.query()
        connection.isWritable = false
        try connection.query(2)
        #expect(connection.asked == 1)
        connection.endInput()
        connection.answer()
        connection.gate.takeAll()
        #expect(connection.isOpen)
        connection.isWritable = true
        #expect(connection.asked == 3)
        for _ in 0..<2 { connection.answer() }
        #expect(connection.isOpen)
        connection.gate.takeAll()
        #expect(!connection.isOpen)
    }

    @Test("When its address is served no more, what is under way is answered, nothing else is asked, and it is closed")
    func addressGone() throws {
        let connection = try PlayedConnection()
        connection.gate.isOpen = false
        try connection.query(2)
        connection.answer()
        connection.refuseAsOver()
        try connection.query()
        #expect(connection.asked == 2 && connection.isOpen)
        connection.gate.takeAll()
        #expect(!connection.isOpen)
    }

    @Test("After the last query that it may ask this side closes when the replies are taken, and waits two seconds")
    func queryLimit() throws {
        let connection = try PlayedConnection { $0.queryLimit = 2 }
        connection.gate.isOpen = false
        try connection.query(5)
        #expect(connection.asked == 2)
        connection.answer()
        connection.answer()
        connection.gate.takeOne()
        #expect(!connection.gate.isOutputClosed)
        connection.gate.takeOne()
        #expect(connection.gate.isOutputClosed && connection.isOpen)
        connection.pass(.seconds(1))
        try connection.query(5)
        #expect(connection.asked == 2)
        #expect(connection.endsAfter(.seconds(1)))
    }

    @Test("A client that may ask no more and closes its side ends the connection")
    func queryLimitEnd() throws {
        let connection = try PlayedConnection { $0.queryLimit = 1 }
        try connection.query()
        connection.answer()
        #expect(connection.gate.isOutputClosed && connection.isOpen)
        connection.endInput()
        #expect(!connection.isOpen)
    }
}

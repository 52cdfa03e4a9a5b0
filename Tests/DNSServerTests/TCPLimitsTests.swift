import CDatagram
import DNSWire
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer

/// A TCP listener with one worker and limits of its own, on a port of 127.0.0.1; its clients have all the time they want.
private final class StreamFixture: Sendable {
    let metrics = MetricsRegistry()
    let worker: Worker
    let resources: ServerResources
    let port: Int
    private let listener: TCPListener
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(
        connections: Int = 64, bufferOctets: Int = 1 << 20, queryLimit: Int = .max,
        _ handle: @escaping @Sendable (Query) -> Verdict
    ) async throws {
        var limits = ResourceLimits()
        limits.connections = connections
        limits.bufferOctets = bufferOctets
        worker = try makeWorker(metrics: metrics)
        resources = try ServerResources(limits, [worker], metrics)
        let address = try #require(SocketAddress("127.0.0.1", port: 0))
        let sockets = try OpenedSockets(address, workers: 0..<1, place: nil, receiveBuffer: 0)
        for fd in sockets.udp.values { cdg_close(fd) }
        var bound = cdg_address()
        _ = unsafe cdg_socket_local(sockets.tcp, &bound)
        port = Int(SocketAddress(raw: bound).port)
        listener = TCPListener(
            address: address, id: 0, terms: Self.terms([worker], queryLimit: queryLimit), resources: resources)
        worker.execute { worker in
            guard let chain = try? makeChain([ScriptedHandler(handle: handle)]) else { return }
            _ = worker.install(BlockTable([(.root, chain)]), listener: 0, address: address, fd: nil)
        }
        try worker.start()
        try await listener.start(fd: sockets.tcp, group: group)
    }

    private static func terms(_ workers: [Worker], queryLimit: Int) -> TCPListener.Terms {
        var terms = TCPListener.Terms(workers: workers[...])
        terms.settings.readTime = .seconds(3_600)
        terms.settings.writeTime = .seconds(3_600)
        terms.settings.idleTime = .seconds(3_600)
        terms.settings.queryLimit = queryLimit
        return terms
    }

    /// Lets connections that begin from now on ask no more than so many queries.
    func limit(queries: Int) {
        listener.use(Self.terms([worker], queryLimit: queries))
    }

    func end() async throws {
        await listener.stop()
        worker.execute { $0.stop() }
        try await group.shutdownGracefully()
    }

    func closings(_ reason: String) -> String? {
        String(decoding: metrics.exposition(.prometheus), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("needletail_connections_closed_total{reason=\"\(reason)\"} ") }
            .map { String($0.split(separator: " ")[1]) }
    }

    /// Waits until `condition` holds.
    func wait(until condition: @Sendable () -> Bool) async throws {
        try await TestSupport.wait(within: .seconds(60), for: "the server", until: condition)
    }
}

/// A client that blocks its thread.
private final class Client {
    private let socket: LoopbackSocket
    private var received: [UInt8] = []
    private(set) var isAtEnd = false

    init(_ port: Int) throws {
        socket = try LoopbackSocket(.stream, connectedTo: port)
    }

    static func query(_ id: UInt16) throws -> [UInt8] {
        let message = try queryMessage("a.example", id: id)
        return [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }

    func send(_ octets: [UInt8]) throws { try socket.send(octets) }

    /// The ID of the next reply; nil at the end of the stream.
    func receive() throws -> UInt16? {
        while received.count < 2 || received.count < 2 + (Int(received[0]) << 8 | Int(received[1])) {
            guard !isAtEnd else { return nil }
            do {
                let octets = try #require(try socket.receive(within: .seconds(20)))
                isAtEnd = octets.isEmpty
                received += octets
            } catch let failure as LoopbackSocket.Failure where failure.call == "recv" {
                // Closed with something unread: the kernel says so with a reset.
                isAtEnd = true
            }
        }
        let length = Int(received[0]) << 8 | Int(received[1])
        let id = UInt16(received[2]) << 8 | UInt16(received[3])
        received.removeFirst(2 + length)
        return id
    }
}

/// Blocks the thread until `condition` holds.
private func block(until condition: () -> Bool) throws {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < end else { throw OutOfPatience(description: "waited a minute in vain") }
        usleep(1_000)
    }
}

private func answer(_ query: Query) -> Verdict {
    query.beginReply()
    return .reply
}

@Suite("The limits of TCP connections")
struct TCPLimitsTests {
    @Test("At the limit a new connection takes the place of the one that has said nothing for longest")
    func longestIdle() async throws {
        let fixture = try await StreamFixture(connections: 3, answer)
        let port = fixture.port
        try await onThread {
            let clients = try (0..<3).map { _ in try Client(port) }
            for client in clients {
                try client.send(try Client.query(1))
                #expect(try client.receive() == 1)
            }
            // The first one speaks again, so that the second has been silent for longest.
            try clients[0].send(try Client.query(2))
            #expect(try clients[0].receive() == 2)
            let newcomer = try Client(port)
            try newcomer.send(try Client.query(3))
            #expect(try newcomer.receive() == 3)
            #expect(try clients[1].receive() == nil)
            for client in [clients[0], clients[2]] {
                try client.send(try Client.query(4))
                #expect(try client.receive() == 4)
            }
        }
        #expect(fixture.closings("idle_for_new") == "1" && fixture.closings("refused") == "0")
        try await fixture.wait { fixture.resources.connections.count == 0 }
        try await fixture.end()
    }

    @Test("When all are busy a new connection is refused, and the others get their replies")
    func allBusy() async throws {
        let release = Mutex<[CheckedContinuation<Void, Never>]>([])
        let waiting: @Sendable () -> Int = { release.withLock { $0.count } }
        let fixture = try await StreamFixture(connections: 2) { _ in
            .wait { query in
                await withCheckedContinuation { continuation in release.withLock { $0.append(continuation) } }
                query.beginReply()
                return .reply
            }
        }
        let port = fixture.port
        try await onThread {
            let clients = try (0..<2).map { _ in try Client(port) }
            for client in clients { try client.send(try Client.query(1)) }
            try block { waiting() >= 2 }
            let newcomer = try Client(port)
            #expect(try newcomer.receive() == nil)
            for continuation in release.withLock({ $0 }) { continuation.resume() }
            for client in clients { #expect(try client.receive() == 1) }
        }
        #expect(fixture.closings("refused") == "1" && fixture.closings("idle_for_new") == "0")
        try await fixture.end()
    }

    @Test("However many have been busy for long, one that is idle makes room")
    func idleBehindBusy() async throws {
        let release = Mutex<[CheckedContinuation<Void, Never>]>([])
        let waiting: @Sendable () -> Int = { release.withLock { $0.count } }
        let fixture = try await StreamFixture(connections: 101) { query in
            guard query.message[1] == 1 else { return answer(query) }
            return .wait { query in
                await withCheckedContinuation { continuation in release.withLock { $0.append(continuation) } }
                query.beginReply()
                return .reply
            }
        }
        let port = fixture.port
        try await onThread {
            let busy = try (0..<100).map { _ in try Client(port) }
            for client in busy { try client.send(try Client.query(1)) }
            try block { waiting() == 100 }
            let idle = try Client(port)
            try idle.send(try Client.query(2))
            #expect(try idle.receive() == 2)
            let newcomer = try Client(port)
            try newcomer.send(try Client.query(3))
            #expect(try newcomer.receive() == 3)
            #expect(try idle.receive() == nil)
            for continuation in release.withLock({ $0 }) { continuation.resume() }
            for client in busy { #expect(try client.receive() == 1) }
        }
        #expect(fixture.closings("refused") == "0" && fixture.closings("idle_for_new") == "1")
        try await fixture.end()
    }

    private static let largeReply: @Sendable (Query) -> Verdict = { query in
        query.beginReply()
        let data = [UInt8](repeating: 7, count: 40_000)
        query.reply.appendRecord(ownerAt: 12, type: .TXT, ttl: 60, data: data.span)
        return .reply
    }

    private static func queries(_ count: UInt16) throws -> [UInt8] {
        try (1...count).flatMap { try Client.query($0) }
    }

    @Test("A client that is slow to take large replies gets them all, while there is room for what waits")
    func slowReader() async throws {
        let highest = Atomic<Int>(0)
        let fixture = try await StreamFixture(bufferOctets: 16 << 20, Self.largeReply)
        let (port, queries) = (fixture.port, try Self.queries(400))
        try await onThread {
            let client = try Client(port)
            try client.send(queries)
            // It does not read before the server has stopped reading from it.
            try block { fixture.resources.buffers.used > 0 }
            var seen: Set<UInt16> = []
            while seen.count < 400, let id = try client.receive() {
                seen.insert(id)
                highest.max(fixture.resources.buffers.used, ordering: .relaxed)
            }
            #expect(seen.count == 400)
        }
        // The replies to the queries of one connection at once, not all of them.
        #expect(highest.load(ordering: .relaxed) < 140 * 40_100)
        try await fixture.wait { fixture.resources.buffers.used == 0 }
        #expect(fixture.closings("buffers") == "0")
        try await fixture.end()
    }

    @Test("A client that takes nothing is closed when the buffers of all are full; what it held is free again")
    func nonReader() async throws {
        let fixture = try await StreamFixture(bufferOctets: 256 << 10, Self.largeReply)
        let (port, queries) = (fixture.port, try Self.queries(400))
        try await onThread {
            let client = try Client(port)
            try client.send(queries)
            try block { fixture.closings("buffers") != "0" }
            #expect(fixture.resources.buffers.used <= 256 << 10)
            let other = try Client(port)
            try other.send(try Client.query(9))
            #expect(try other.receive() == 9)
        }
        try await fixture.wait { fixture.resources.buffers.used == 0 }
        #expect(fixture.closings("buffers") == "1")
        try await fixture.end()
    }

    @Test("Replies are counted from when they are made: a crowd that asks for much and reads nothing is closed")
    func crowdOfNonReaders() async throws {
        let limit = 512 << 10
        let highest = Atomic<Int>(0)
        let made = Atomic<Int>(0)
        let fixture = try await StreamFixture(bufferOctets: limit) { query in
            made.add(1, ordering: .relaxed)
            return Self.largeReply(query)
        }
        let (port, queries) = (fixture.port, try Self.queries(100))
        try await onThread {
            let clients = try (0..<40).map { _ in try Client(port) }
            for client in clients {
                try? client.send(queries)
                highest.max(fixture.resources.buffers.used, ordering: .relaxed)
            }
            try block { Int(fixture.closings("buffers") ?? "") ?? 0 >= 20 }
            highest.max(fixture.resources.buffers.used, ordering: .relaxed)
            // At its height the flood can take all, and then whoever asks has to ask again.
            let isAnswered = try (0..<50).contains { _ in
                let other = try Client(port)
                try other.send(try Client.query(9))
                return try other.receive() == 9
            }
            #expect(isAnswered)
            withExtendedLifetime(clients) {}
        }
        // Whoever holds nothing yet gets its first reply, and who holds most goes.
        #expect(highest.load(ordering: .relaxed) <= limit * 3 / 2)
        // Each began with a few; what is closed is answered no more.
        #expect(made.load(ordering: .relaxed) < 40 * 100 / 2)
        try await fixture.wait { fixture.resources.buffers.used == 0 && fixture.resources.connections.count == 0 }
        try await fixture.end()
    }

    @Test("Messages of which the end never comes are bounded as well; small ones are the connection's own")
    func unfinishedMessages() async throws {
        let fixture = try await StreamFixture(bufferOctets: 100_000, answer)
        let port = fixture.port
        try await onThread {
            let small = try (0..<20).map { _ in try Client(port) }
            for client in small { try client.send([0xFF, 0xFF] + [UInt8](repeating: 0, count: 2_000)) }
            let large = try (0..<4).map { _ in try Client(port) }
            for client in large { try client.send([0xFF, 0xFF] + [UInt8](repeating: 0, count: 60_000)) }
            try block { fixture.closings("buffers") != "0" }
            #expect(fixture.resources.buffers.used <= 100_000)
            let other = try Client(port)
            try other.send(try Client.query(9))
            #expect(try other.receive() == 9)
            #expect(fixture.resources.connections.count >= 21)
            withExtendedLifetime((small, large)) {}
        }
        try await fixture.wait { fixture.resources.buffers.used == 0 && fixture.resources.connections.count == 0 }
        try await fixture.end()
    }

    @Test("A connection ends after so many queries; they all get replies, and what was sent beyond is not looked at")
    func queryLimit() async throws {
        let seen = Atomic<Int>(0)
        let fixture = try await StreamFixture(queryLimit: 3) { query in
            seen.add(1, ordering: .relaxed)
            return answer(query)
        }
        let (port, queries) = (fixture.port, try Self.queries(400))
        try await onThread {
            let client = try Client(port)
            // More than is read at once: a connection closed with something unread would be reset.
            try client.send(queries)
            var replies: Set<UInt16> = []
            while let id = try client.receive() { replies.insert(id) }
            #expect(replies == [1, 2, 3])
        }
        #expect(seen.load(ordering: .relaxed) == 3)
        try await fixture.wait { fixture.resources.connections.count == 0 }
        try await fixture.end()
    }

    @Test("New terms are those of connections that begin after them")
    func newTerms() async throws {
        let fixture = try await StreamFixture(answer)
        let port = fixture.port
        try await onThread {
            let former = try Client(port)
            try former.send(try Client.query(1))
            #expect(try former.receive() == 1)
            fixture.limit(queries: 1)
            let newcomer = try Client(port)
            try newcomer.send(try Client.query(2))
            #expect(try newcomer.receive() == 2)
            #expect(try newcomer.receive() == nil)
            for id in UInt16(3)...5 {
                try former.send(try Client.query(id))
                #expect(try former.receive() == id)
            }
        }
        try await fixture.end()
    }

    @Test("Queries of connections do not keep datagrams waiting: a worker looks at its sockets between them")
    func fairTurns() async throws {
        let worker = try makeWorker()
        let asker = try DatagramSocket(connectedTo: try #require(SocketAddress("127.0.0.1", port: 9)))
        final class Watcher: ReadinessTarget {
            var seen: Int?
            let fd: Int32
            let count: () -> Int
            init(_ fd: Int32, _ count: @escaping () -> Int) { (self.fd, self.count) = (fd, count) }
            func becameReady(_ worker: Worker) {
                seen = seen ?? count()
                worker.unwatch(fd)
            }
        }
        let done = Atomic<Int>(0)
        // Readable at once: the port it is connected to is closed, which the kernel says so.
        _ = asker.send([1].span)
        let watcher = Watcher(asker.fd) { done.load(ordering: .relaxed) }
        try worker.watch(asker.fd, watcher)
        for _ in 0..<10_000 { worker.execute { _ in done.add(1, ordering: .relaxed) } }
        try worker.start()
        let seen = try await outcome(of: "the worker") { teller in
            nonisolated(unsafe) let watcher = watcher
            worker.execute { worker in
                unsafe teller.tell(watcher.seen)
                worker.stop()
            }
        }
        #expect(done.load(ordering: .relaxed) == 10_000)
        #expect(try #require(seen) < 1_000)
    }
}

import CDatagram
import DNSWire
import Glibc
import Telemetry
import Testing

@testable import DNSServer

/// A kernel with a script: what it delivers, and what it says to each send.
private final class ScriptedTransport: @unsafe DatagramTransport {
    let fd: Int32 = -1
    /// Datagrams to be delivered, with the port that each comes from.
    var arriving: [(message: [UInt8], port: UInt16)] = []
    /// What the next sends are answered; when there is nothing more, all is taken.
    var sendResults: [Int] = []
    private(set) var sent: [(message: [UInt8], port: UInt16)] = []
    private(set) var sendCalls = 0
    private(set) var waits = 0
    private(set) var isClosed = false

    func receive(_ datagrams: UnsafeMutablePointer<cdg_datagram>, count: Int) -> Int {
        guard !arriving.isEmpty else { return -Int(EAGAIN) }
        let number = min(count, arriving.count)
        for index in 0..<number {
            let (message, port) = arriving[index]
            let length = unsafe min(message.count, Int(datagrams[index].capacity))
            for offset in 0..<length { unsafe datagrams[index].data[offset] = message[offset] }
            unsafe datagrams[index].length = UInt32(length)
            unsafe datagrams[index].cut = length < message.count
            unsafe datagrams[index].peer = (SocketAddress("192.0.2.1", port: port) ?? .none).raw
        }
        arriving.removeFirst(number)
        return number
    }

    func send(_ datagrams: UnsafePointer<cdg_datagram>, count: Int) -> Int {
        sendCalls += 1
        let result = sendResults.isEmpty ? count : sendResults.removeFirst()
        for index in 0..<max(0, result) {
            let datagram = unsafe datagrams[index]
            let message = unsafe (0..<Int(datagram.length)).map { unsafe datagram.data[$0] }
            sent.append((message, SocketAddress(raw: unsafe datagram.peer).port))
        }
        return result
    }

    func waitForRoom() { waits += 1 }
    func stopReceiving() -> Int { 0 }
    func close() { isClosed = true }
}

/// A plugin that says that its block sheds load.
private final class SheddingStub: Plugin, SheddingPlugin {
    let name = "shed"
    let shedding: SheddingCounters

    init(_ metrics: MetricsRegistry) throws {
        shedding = SheddingCounters(
            try metrics.counterMatrix(
                "dropped_total", help: "", dimensions: [MetricDimension("reason", ["query", "response"])],
                exposesZeroes: true))
    }
}

@Suite("A UDP listener and its kernel")
struct UDPListenerTests {
    private let metrics = MetricsRegistry()
    private let worker: Worker
    private let transport = ScriptedTransport()
    private let listener: UDPListener

    init() throws {
        worker = try Worker(index: 0, shard: metrics.makeShard(), counters: ServerCounters(metrics))
        let answering = ScriptedHandler(handle: { query in
            query.beginReply()
            return .reply
        })
        listener = unsafe UDPListener(
            transport: transport, address: try #require(SocketAddress("192.0.2.53", port: 53)), worker: worker,
            blocks: BlockTable([(.root, try makeChain([answering]))]))
    }

    private func arrive(_ ports: some Sequence<UInt16>) throws {
        for port in ports { transport.arriving.append((try queryMessage("a.example", id: port), port)) }
    }

    private func failures() throws -> String {
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("needletail_send_failures_total") }
        return String(try #require(line?.split(separator: " ").last))
    }

    @Test("Every reply goes to the asker that its query came from, in batches")
    func batches() throws {
        try arrive(1...100)
        listener.becameReady(worker)
        #expect(transport.sent.map(\.port) == Array(1...100))
        #expect(
            transport.sent.allSatisfy { $0.message[0] == UInt8($0.port >> 8) && $0.message[1] == UInt8($0.port & 0xFF) }
        )
        #expect(transport.sendCalls == 4)
    }

    @Test(
        "A reply that the kernel refuses costs that reply and one count, and the listener goes on",
        arguments: [EPERM, ENETUNREACH, EINVAL, ENOBUFS, EACCES, EMSGSIZE])
    func refusal(code: Int32) throws {
        try arrive(1...5)
        transport.sendResults = [2, -Int(code), 2]
        listener.becameReady(worker)
        #expect(transport.sent.map(\.port) == [1, 2, 4, 5])
        #expect(try failures() == "1")
        try arrive([9])
        listener.becameReady(worker)
        #expect(transport.sent.last?.port == 9)
        #expect(!transport.isClosed)
    }

    /// Has the listener's blocks answer with `count` addresses and `edns`.
    private func answer(_ count: Int) throws {
        let answering = ScriptedHandler(handle: { query in
            query.beginReply()
            let address: [UInt8] = [192, 0, 2, 1]
            for _ in 0..<count { query.reply.appendRecord(ownerAt: 12, type: .A, ttl: 5, data: address.span) }
            return .reply
        })
        listener.blocks = BlockTable([(.root, try makeChain([answering]))])
    }

    @Test(
        "A reply that is too large for the system goes out cut short, with TC, and whole records",
        arguments: [false, true])
    func tooLarge(hasEDNS: Bool) throws {
        try answer(hasEDNS ? 200 : 31)
        let edns = hasEDNS ? EDNS(payloadSize: 4_096, options: [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])]) : nil
        transport.arriving = try (1...3).map { (try queryMessage("a.example", id: $0, edns: edns), $0) }
        transport.sendResults = hasEDNS ? [1, -Int(EMSGSIZE)] : []
        listener.becameReady(worker)
        #expect(transport.sent.map(\.port) == [1, 2, 3] && !transport.isClosed)
        #expect(try failures() == "0")
        guard hasEDNS else { return }
        let replies = try transport.sent.map { try decoded($0.message) }
        #expect(replies.map(\.flags.isTruncated) == [false, true, false])
        #expect(replies.map(\.answers.count) == [200, 29, 200])
        #expect(transport.sent[1].message.count <= 512 && replies[1].trailingLength == 0)
        #expect(replies[1].edns == replies[0].edns && replies[1].questions == replies[0].questions)
    }

    @Test("With shed a reply that is too large for the system goes out cut short as well")
    func tooLargeLater() throws {
        let answering = ScriptedHandler(handle: { query in
            query.beginReply()
            let address: [UInt8] = [192, 0, 2, 1]
            for _ in 0..<200 { query.reply.appendRecord(ownerAt: 12, type: .A, ttl: 5, data: address.span) }
            return .reply
        })
        let block = ServerBlock(
            identity: try makeBlock().identity, plugins: [try SheddingStub(metrics)], addresses: [])
        listener.blocks = BlockTable([(.root, Chain(block: block, handlers: [(NamedPlugin("a"), answering)]))])
        transport.arriving = [(try queryMessage("a.example", edns: EDNS(payloadSize: 4_096)), 1)]
        transport.sendResults = [-Int(EAGAIN)]
        listener.becameReady(worker)
        transport.sendResults = [-Int(EMSGSIZE), 1]
        listener.becameReady(worker)
        let reply = try decoded(transport.sent.first?.message)
        #expect(reply.flags.isTruncated && reply.answers.count == 29 && reply.edns != nil)
    }

    @Test("A full send buffer is waited for, but not for ever")
    func fullBuffer() throws {
        try arrive(1...2)
        transport.sendResults = [-Int(EAGAIN), -Int(EAGAIN), 2]
        listener.becameReady(worker)
        #expect(transport.sent.count == 2 && transport.waits == 2)
        try arrive(3...4)
        transport.sendResults = Array(repeating: -Int(EAGAIN), count: 50)
        listener.becameReady(worker)
        #expect(transport.waits == 7)
        #expect(try failures() == "2")
    }

    /// Has the listener's blocks shed load.
    private func shed() throws {
        let block = ServerBlock(
            identity: try makeBlock().identity, plugins: [try SheddingStub(metrics)], addresses: [])
        let answering = ScriptedHandler(handle: { query in
            query.beginReply()
            return .reply
        })
        listener.blocks = BlockTable([(.root, Chain(block: block, handlers: [(NamedPlugin("a"), answering)]))])
    }

    private func dropped() -> [String] {
        String(decoding: metrics.exposition(), as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("dropped_total{") }
    }

    @Test("With shed a full send buffer is not waited for; what it did not take goes later, the newest first")
    func shedding() throws {
        try shed()
        try arrive(1...5)
        transport.sendResults = [2, -Int(EAGAIN)]
        listener.becameReady(worker)
        #expect(transport.sent.map(\.port) == [1, 2] && transport.waits == 0)
        transport.sendResults = [1, -Int(EAGAIN)]
        listener.becameReady(worker)
        #expect(transport.sent.map(\.port) == [1, 2, 5])
        try arrive([9])
        listener.becameReady(worker)
        #expect(transport.sent.map(\.port) == [1, 2, 5, 4, 3, 9])
        #expect(dropped() == ["dropped_total{reason=\"query\"} 0", "dropped_total{reason=\"response\"} 0"])
    }

    @Test("With shed queries that come while 1,024 replies are piled up are dropped before any plugin sees them")
    func sheddingQueries() throws {
        try shed()
        try arrive(1...2_000)
        transport.sendResults = Array(repeating: -Int(EAGAIN), count: 5_000)
        for _ in 0..<16 { listener.becameReady(worker) }
        #expect(transport.arriving.isEmpty && transport.sent.isEmpty && transport.waits == 0)
        transport.sendResults = []
        listener.becameReady(worker)
        #expect(transport.sent.map(\.port) == Array((1...1_024).reversed()))
        #expect(dropped() == ["dropped_total{reason=\"query\"} 976", "dropped_total{reason=\"response\"} 0"])
    }

    @Test("A reload without shed sends what it can of what is piled up, and counts the rest")
    func endOfShedding() throws {
        try shed()
        try arrive(1...5)
        transport.sendResults = [-Int(EAGAIN), 2, -Int(EAGAIN)]
        listener.becameReady(worker)
        transport.sendResults = [1, -Int(EAGAIN)]
        listener.blocks = BlockTable([])
        #expect(transport.sent.map(\.port) == [5])
        #expect(dropped() == ["dropped_total{reason=\"query\"} 0", "dropped_total{reason=\"response\"} 4"])
    }

    @Test("A datagram longer than the buffer is refused, not answered from its beginning")
    func oversized() throws {
        var message = try queryMessage("a.example")
        message += [UInt8](repeating: 0, count: 5_000)
        transport.arriving = [(message, 7)]
        listener.becameReady(worker)
        let reply = try decoded(transport.sent.first?.message)
        #expect(reply.responseCode == .formatError)
    }

    @Test("A listener that is closed sends nothing more, and its socket is closed once")
    func closing() throws {
        try arrive([1])
        listener.close()
        #expect(listener.receiveBatch() == 0)
        #expect(transport.isClosed)
        #expect(transport.sent.isEmpty)
    }
}

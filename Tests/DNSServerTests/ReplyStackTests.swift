import CDatagram
import Testing

@testable import DNSServer

@Suite("Replies that are piled up")
struct ReplyStackTests {
    private func item(_ number: Int, octets: Int = 2) -> ReplyStack.Item {
        let start = [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)]
        let rest = [UInt8](repeating: 0, count: max(0, octets - 2))
        return ReplyStack.Item(octets: start + rest, peer: cdg_address(), local: cdg_local())
    }

    private func number(_ item: ReplyStack.Item?) -> Int? {
        item.map { Int($0.octets[0]) << 8 | Int($0.octets[1]) }
    }

    @Test("The newest goes first; of more than 1,024 the oldest has to go")
    func order() {
        var stack = ReplyStack()
        var evicted = 0
        for index in 0..<1_500 { evicted += stack.push(item(index)) }
        #expect(evicted == 476 && stack.count == 1_024 && stack.isFull)
        for index in (476..<1_500).reversed() { #expect(number(stack.pop()) == index) }
        #expect(stack.pop()?.octets == nil && stack.isEmpty && stack.octets == 0)
    }

    @Test("Large replies are bounded in octets; one alone always has room")
    func octets() {
        var stack = ReplyStack()
        for index in 0..<1_000 { _ = stack.push(item(index, octets: 60_000)) }
        #expect(stack.octets <= ReplyStack.octetLimit && stack.count == ReplyStack.octetLimit / 60_000)
        #expect(number(stack.pop()) == 999)
        var small = ReplyStack()
        #expect(small.push(item(1, octets: 4 << 20)) == 0)
        #expect(small.isFull && small.count == 1)
    }
}

@Suite("Waiting for a socket to take octets")
struct WatchWritingTests {
    /// Counts calls, and wants no more of them after the third.
    ///
    /// Unchecked Sendable: used on the worker's thread only.
    private final class Watcher: ReadinessTarget, @unchecked Sendable {
        private var calls = 0
        private let fd: Int32
        private let done: @Sendable (Int) -> Void

        init(_ fd: Int32, _ done: @escaping @Sendable (Int) -> Void) { (self.fd, self.done) = (fd, done) }

        func becameReady(_ worker: Worker) {
            calls += 1
            guard calls == 3 else { return }
            worker.watchWriting(fd, false)
            // Another turn of the loop comes and goes before the second of these.
            worker.execute { worker in worker.execute { _ in self.done(self.calls) } }
        }
    }

    @Test("A socket that is watched for writing calls while it takes octets, and not when it is watched no longer")
    func writing() async throws {
        let worker = try makeWorker()
        let sink = try DatagramSocket(connectedTo: try #require(SocketAddress("127.0.0.1", port: 9)))
        let calls = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int, any Error>) in
            do {
                try worker.watch(sink.fd, Watcher(sink.fd) { continuation.resume(returning: $0) })
                worker.watchWriting(sink.fd, true)
                try worker.start()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        #expect(calls == 3)
        worker.execute { $0.stop() }
    }
}

@Suite("What the kernel throws away")
struct ReceiveDropsTests {
    @Test("Datagrams that a full queue did not take are counted, and stay counted when the socket is closed")
    func drops() throws {
        var address = try #require(SocketAddress("127.0.0.1", port: 0)).raw
        let fd = unsafe cdg_udp_listen(&address, false, false, 8_192)
        #expect(fd >= 0)
        var bound = cdg_address()
        #expect(unsafe cdg_socket_local(fd, &bound) == 0)
        let drops = ReceiveDrops()
        drops.opened(fd)
        #expect(drops.total == 0)
        let sender = try DatagramSocket(connectedTo: SocketAddress(raw: bound))
        for _ in 0..<1_000 { #expect(sender.send([1, 2, 3].span) == 3) }
        var kept: UInt64 = 0
        var buffer = [UInt8](repeating: 0, count: 16)
        while unsafe cdg_receive_one(fd, &buffer, 16) == 3 { kept += 1 }
        #expect(kept > 0 && kept < 500)
        #expect(drops.total == 1_000 - kept)
        drops.closing(fd)
        cdg_close(fd)
        #expect(drops.total == 1_000 - kept)
    }
}

import CDatagram
import Glibc
import Telemetry

/// The sending side of a UDP socket that sheds load: what the kernel does not take at once waits here, and the worker does not.
@safe
final class ReplyShedder {
    private let counters: SheddingCounters
    private let transport: any DatagramTransport
    private unowned let worker: Worker
    private var stack = ReplyStack()
    private var isWatching = false

    init(_ counters: SheddingCounters, transport: any DatagramTransport, worker: Worker) {
        self.counters = counters
        unsafe self.transport = transport
        self.worker = worker
    }

    /// Whether replies are piled up to the limit, so that queries are not to be taken.
    var isFull: Bool { stack.isFull }

    /// Queries came while it was full, and nobody looks at them.
    func countQueries(_ number: Int) {
        counters.count(.query, number, in: worker.shard)
    }

    /// Keeps replies for later, the last of which is the newest.
    func keep(_ batch: UnsafeMutablePointer<cdg_datagram>, _ count: Int) {
        for index in 0..<count {
            let datagram = unsafe batch[index]
            let octets = unsafe [UInt8](UnsafeBufferPointer(start: datagram.data, count: Int(datagram.length)))
            let item = ReplyStack.Item(octets: octets, peer: unsafe datagram.peer, local: unsafe datagram.local)
            let evicted = stack.push(item)
            if evicted > 0 { counters.count(.response, evicted, in: worker.shard) }
        }
        watch()
    }

    /// Sends what the kernel takes now, the newest first.
    func drain() {
        while let item = stack.pop() {
            let sent = send(item)
            guard sent == -Int(EAGAIN) else {
                if sent <= 0 { worker.counters.sendFailures.increment(in: worker.shard) }
                continue
            }
            _ = stack.push(item)
            break
        }
        watch()
    }

    /// Forgets what still waits; the socket is about to be closed.
    func end() {
        drain()
        if stack.count > 0 { counters.count(.response, stack.count, in: worker.shard) }
        stack = ReplyStack()
    }

    private func send(_ item: ReplyStack.Item) -> Int {
        var octets = item.octets
        return unsafe octets.withUnsafeMutableBufferPointer { buffer in
            var datagram = unsafe cdg_datagram(
                data: buffer.baseAddress, capacity: UInt32(buffer.count), length: UInt32(buffer.count),
                peer: item.peer, local: item.local, cut: false)
            let sent = unsafe transport.send(&datagram, count: 1)
            guard sent == -Int(EMSGSIZE), unsafe datagram.shorten() else { return sent }
            return unsafe transport.send(&datagram, count: 1)
        }
    }

    private func watch() {
        guard isWatching == stack.isEmpty else { return }
        isWatching = !stack.isEmpty
        worker.watchWriting(unsafe transport.fd, isWatching)
    }
}

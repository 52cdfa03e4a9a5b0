import CDatagram
import DNSWire
import Glibc
import Logging
import Telemetry

/// One UDP socket of one worker: receives a batch, has it answered, sends the replies as a batch.
///
/// No error of a send closes the socket: a reply that the kernel refuses costs that reply and one count.
@safe
final class UDPListener: ReadinessTarget, QueryOrigin {
    let address: SocketAddress
    /// The blocks that answer here; replaced whole by a reload.
    var blocks: BlockTable
    private unowned let worker: Worker
    private let transport: any DatagramTransport
    private let datagrams: UnsafeMutablePointer<cdg_datagram>
    private var slots: ContiguousArray<Query> = []
    private var isOpen = true
    private var replies: ContiguousArray<Query> = []
    private static let batch = Int(CDG_BATCH)
    /// The longest datagram that is received whole; queries with many EDNS options fit easily.
    private static let receiveCapacity = 4_096
    /// How many batches are answered before the worker looks at its other sockets again.
    private static let batchesPerTurn = 4
    /// How often a full send buffer is waited for before a reply is given up.
    private static let waitsForRoom = 5

    init(transport: any DatagramTransport, address: SocketAddress, worker: Worker, blocks: BlockTable) {
        unsafe self.transport = transport
        self.address = address
        self.worker = worker
        self.blocks = blocks
        unsafe datagrams = .allocate(capacity: Self.batch)
        unsafe datagrams.initialize(repeating: cdg_datagram(), count: Self.batch)
        for index in 0..<Self.batch { slots.append(newSlot(index, after: nil)) }
    }

    deinit {
        unsafe datagrams.deallocate()
    }

    /// What becomes readable.
    var fd: Int32 { unsafe transport.fd }

    /// Gets no more datagrams than those that have arrived.
    func stopReceiving() {
        let status = unsafe transport.stopReceiving()
        if status < 0 {
            let error = SocketError(operation: "connect", code: Int32(clamping: -status))
            serverLogger.warning("closing udp \(address): \(error)")
        }
    }

    /// Closes the socket; a reply that still comes is lost and counted.
    func close() {
        isOpen = false
        // The slots refer to their listener.
        for slot in slots { worker.recycle(slot) }
        slots.removeAll()
        unsafe transport.close()
    }

    /// A query that the next datagram is received into, with `former`'s buffer if there is one.
    private func newSlot(_ index: Int, after former: Query?) -> Query {
        let query = worker.takeQuery()
        former?.swapInbound(with: query)
        query.reserveInbound(Self.receiveCapacity)
        query.isSlot = true
        query.origin = self
        query.originToken = UInt64(index)
        query.transport = .udp
        unsafe datagrams[index].data = query.inbound
        unsafe datagrams[index].capacity = UInt32(query.inboundCapacity)
        return query
    }

    func becameReady(_ worker: Worker) {
        for _ in 0..<Self.batchesPerTurn {
            let received = receiveBatch()
            flush()
            if received < Self.batch { return }
        }
    }

    /// Answers one batch; gives how many datagrams there were.
    @discardableResult
    func receiveBatch() -> Int {
        guard isOpen else { return 0 }
        let received = unsafe transport.receive(datagrams, count: Self.batch)
        guard received > 0 else { return 0 }
        for index in 0..<received {
            let query = slots[index]
            query.reset()
            query.length = unsafe Int(datagrams[index].length)
            query.client = unsafe SocketAddress(raw: datagrams[index].peer)
            query.local = unsafe datagrams[index].local
            query.listeningAddress = address
            query.arrival = worker.now
            if unsafe datagrams[index].cut {
                worker.refuseOversized(query)
            } else {
                worker.process(query, blocks)
            }
        }
        return received
    }

    /// `query` waits: its slot gets another one.
    func replaceSlot(_ query: Query) {
        let index = Int(query.originToken)
        if slots.indices.contains(index) { slots[index] = newSlot(index, after: query) }
    }

    func complete(_ query: Query) {
        guard query.hasReply, !query.isDropped, isOpen else {
            if query.hasReply, !isOpen { worker.counters.sendFailures.increment(in: worker.shard) }
            if !query.isSlot { worker.recycle(query) }
            return
        }
        if replies.isEmpty { worker.hasOutgoing(self) }
        replies.append(query)
        if replies.count >= Self.batch { flush() }
    }

    /// Sends the replies that are ready.
    func flush() {
        guard !replies.isEmpty else { return }
        unsafe withUnsafeTemporaryAllocation(of: cdg_datagram.self, capacity: Self.batch) { batch in
            var start = 0
            while start < replies.count {
                let count = min(Self.batch, replies.count - start)
                for index in 0..<count { unsafe batch[index] = Self.datagram(of: replies[start + index]) }
                unsafe send(batch.baseAddress, count)
                start += count
            }
        }
        for query in replies where !query.isSlot { worker.recycle(query) }
        replies.removeAll(keepingCapacity: true)
    }

    private static func datagram(of query: Query) -> cdg_datagram {
        unsafe cdg_datagram(
            data: query.reply.memory, capacity: UInt32(query.reply.count), length: UInt32(query.reply.count),
            peer: query.client.raw, local: query.local, cut: false)
    }

    private func send(_ batch: UnsafeMutablePointer<cdg_datagram>?, _ count: Int) {
        guard let batch = unsafe batch else { return }
        var start = 0
        var waits = 0
        while start < count {
            let sent = unsafe transport.send(batch + start, count: count - start)
            if sent > 0 {
                start += sent
            } else if sent == -Int(EAGAIN), waits < Self.waitsForRoom {
                // The socket's send buffer is full: the device is slower than we are.
                waits += 1
                unsafe transport.waitForRoom()
            } else {
                worker.counters.sendFailures.increment(in: worker.shard)
                start += 1
            }
        }
    }
}

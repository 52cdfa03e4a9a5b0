import CDatagram
import DNSWire
import Glibc
import Logging
import Telemetry

/// One UDP socket of one worker: receives a batch, has it answered, sends the replies as a batch.
///
/// No error of a send closes the socket: a reply that the kernel refuses costs that reply and one count.
@safe
final class UDPListener: ReadinessTarget, TurnEndTarget, QueryOrigin {
    let address: SocketAddress
    /// The blocks that answer here; replaced whole by a reload.
    var blocks: BlockTable {
        didSet { changeShedding(from: oldValue) }
    }
    private unowned let worker: Worker
    private let transport: any DatagramTransport
    /// What datagrams are received into, by slot.
    private let datagrams: UnsafeMutablePointer<cdg_datagram>
    private let slots: UncountedObjects<Query>
    private var isOpen = true
    private var isReceiving = false
    /// The query that is being visited and has left its slot, which was all that kept it: it must not go before the visit ends.
    private var leaving: Query?
    /// Replies to be sent, up to ``batch``.
    private let outgoing: UnsafeMutablePointer<cdg_datagram>
    private var outgoingCount = 0
    /// The queries among those that had left their slots, and go back to the pool when their replies are sent.
    private var departing: ContiguousArray<Query> = []
    /// Where replies wait that the kernel does not take; nil when the blocks do not shed load.
    private var shedder: ReplyShedder?
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
        unsafe outgoing = .allocate(capacity: Self.batch)
        slots = UncountedObjects((0..<Self.batch).map { _ in worker.takeQuery() })
        for index in 0..<Self.batch { prepare(slots[index], index) }
        changeShedding(from: nil)
    }

    /// Sheds load from now on, or does so no longer, as the blocks say.
    private func changeShedding(from former: BlockTable?) {
        guard former?.shedding == nil || blocks.shedding == nil else { return }
        shedder?.end()
        shedder = blocks.shedding.map { unsafe ReplyShedder($0, transport: transport, worker: worker) }
    }

    deinit {
        unsafe datagrams.deallocate()
        unsafe outgoing.deallocate()
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
        shedder?.end()
        // The slots refer to their listener.
        for index in 0..<slots.count { slots[index].origin = nil }
        unsafe transport.close()
    }

    // MARK: Slots

    /// Makes `query` the one that the slot's next datagram is received into.
    private func prepare(_ query: Query, _ index: Int) {
        query.reserveInbound(Self.receiveCapacity)
        query.isSlot = true
        query.origin = self
        query.originToken = UInt64(index)
        query.transport = .udp
        query.listeningAddress = address
        unsafe datagrams[index].data = query.inbound
        unsafe datagrams[index].capacity = UInt32(query.inboundCapacity)
    }

    /// `query` waits: its slot gets another one.
    func replaceSlot(_ query: Query) {
        let index = Int(query.originToken)
        guard index < slots.count else { return }
        let next = worker.takeQuery()
        query.swapInbound(with: next)
        prepare(next, index)
        leaving = slots.replace(index, with: next)
    }

    // MARK: Receiving

    func becameReady(_ worker: Worker) {
        shedder?.drain()
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
        if let shedder, shedder.isFull {
            shedder.countQueries(received)
            return received
        }
        isReceiving = true
        let (worker, blocks) = (worker, blocks)
        let now = worker.now
        for index in 0..<received {
            slots.with(index) { query in
                query.reset()
                query.length = unsafe Int(datagrams[index].length)
                query.client = unsafe SocketAddress(raw: datagrams[index].peer)
                query.local = unsafe datagrams[index].local
                query.arrival = now
                if unsafe datagrams[index].cut {
                    worker.refuseOversized(query)
                } else {
                    worker.process(query, blocks)
                }
                // Else it waits, and another one has its slot.
                if query.isSlot, query.hasReply, !query.isDropped { put(query) }
            }
            if leaving != nil { leaving = nil }
        }
        isReceiving = false
        return received
    }

    // MARK: Sending

    /// A query is done that had left its slot.
    func complete(_ query: Query) {
        guard query.hasReply, !query.isDropped else { return worker.recycle(query) }
        guard isOpen else {
            worker.counters.sendFailures.increment(in: worker.shard)
            return worker.recycle(query)
        }
        if outgoingCount == 0, !isReceiving { worker.callAtEndOfTurn(self) }
        put(query)
        departing.append(query)
    }

    /// Puts the reply to `query` among those to be sent; its memory must stay as it is until then.
    private func put(_ query: Query) {
        if outgoingCount == Self.batch { flush() }
        let length = UInt32(query.reply.count)
        unsafe (outgoing + outgoingCount).initialize(
            to: cdg_datagram(
                data: query.reply.memory, capacity: length, length: length, peer: query.client.raw, local: query.local,
                cut: false))
        outgoingCount += 1
    }

    func turnEnded(_ worker: Worker) {
        flush()
    }

    /// Sends the replies that are ready.
    func flush() {
        guard outgoingCount > 0 else { return }
        unsafe send(outgoing, outgoingCount)
        outgoingCount = 0
        guard !departing.isEmpty else { return }
        for query in departing { worker.recycle(query) }
        departing.removeAll(keepingCapacity: true)
    }

    private func send(_ batch: UnsafeMutablePointer<cdg_datagram>, _ count: Int) {
        var start = 0
        var waits = 0
        while start < count {
            let sent = unsafe transport.send(batch + start, count: count - start)
            if sent > 0 {
                start += sent
            } else if sent == -Int(EAGAIN), let shedder {
                unsafe shedder.keep(batch + start, count - start)
                return
            } else if sent == -Int(EAGAIN), waits < Self.waitsForRoom {
                // The socket's send buffer is full: the device is slower than we are.
                waits += 1
                unsafe transport.waitForRoom()
            } else if sent == -Int(EMSGSIZE), unsafe (batch + start).pointee.shorten() {
                // It goes again, and its asker comes back over TCP.
                continue
            } else {
                worker.counters.sendFailures.increment(in: worker.shard)
                start += 1
            }
        }
    }
}

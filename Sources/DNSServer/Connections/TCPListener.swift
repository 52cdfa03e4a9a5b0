import CDatagram
import DNSWire
import NIOCore
import NIOPosix
import Synchronization

/// A listening TCP address: connections are SwiftNIO's, their queries a worker's.
///
/// Each message is preceded by its length in two octets (RFC 1035 §4.2.2). Queries of one connection are answered as they
/// finish, in any order (RFC 7766 §6.2.1.1).
final class TCPListener: Sendable {
    let address: SocketAddress
    /// Which of a worker's tables answers here.
    let id: Int
    private let resources: ServerResources
    /// What new connections get.
    private let terms: Mutex<Terms>
    private let nextWorker = Atomic<Int>(0)
    private let channel = Mutex<(any Channel)?>(nil)

    /// What a configuration says of connections.
    struct Terms: Sendable {
        /// The workers that they are given to.
        var workers: ArraySlice<Worker>
        var settings = ConnectionSettings()
    }

    /// A client that takes no replies is read no more from this many octets on that wait for it.
    private static let writeBuffer = ChannelOptions.Types.WriteBufferWaterMark(low: 4_096, high: 8_192)
    /// What the kernel keeps of replies and of queries each, which it doubles.
    ///
    /// Left to itself it would be megabytes for a client that reads slowly, and they count for the container as if they were the process's.
    private static let kernelBuffer = 16 << 10

    init(address: SocketAddress, id: Int, terms: Terms, resources: ServerResources) {
        self.address = address
        self.id = id
        self.terms = Mutex(terms)
        self.resources = resources
    }

    /// Accepts connections on the listening socket `fd`, which it owns from now on.
    func start(fd: Int32, group: any EventLoopGroup) async throws {
        let connections = resources.connections
        let channel = try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause { connections.closeIdle() })
                }
            }
            // Connections inherit both: a window that was once promised to a client cannot be taken back.
            .serverChannelOption(.socketOption(.so_sndbuf), value: Self.kernelBuffer)
            .serverChannelOption(.socketOption(.so_rcvbuf), value: Self.kernelBuffer)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: Self.writeBuffer)
            .childChannelInitializer { [self] channel in accept(channel) }
            .withBoundSocket(fd)
            .get()
        self.channel.withLock { $0 = channel }
    }

    /// Has new connections on these terms from now on; those that there are keep theirs.
    func use(_ terms: Terms) {
        self.terms.withLock { $0 = terms }
    }

    /// Stops accepting; connections are closed when what is under way has its reply, at once when nothing is.
    func stop() async {
        let channel = self.channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
        try? await channel?.close()
        channel?.eventLoop.execute { [resources, id] in resources.connections.end(listener: id) }
    }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard resources.connections.makeRoom() else { return channel.close() }
        let terms = terms.withLock { $0 }
        let number = nextWorker.add(1, ordering: .relaxed).oldValue
        let worker = terms.workers[terms.workers.startIndex + number % terms.workers.count]
        let client = SocketAddress(channel.remoteAddress)
        let server = SocketAddress(channel.localAddress)
        let room = ReplyRoom(resources.buffers)
        let keepaliveTime = terms.settings.keepaliveTime
        return channel.eventLoop.makeCompletedFuture {
            let connection = TCPConnection(
                client: client, listener: id, channel: channel, resources: resources, settings: terms.settings,
                replyRoom: room
            ) { [id] message, answer in
                let origin = TCPQueryOrigin(room, answer)
                worker.execute { worker in
                    // Who is gone need not be answered.
                    guard room.isOpen else { return answer(.none) }
                    guard let blocks = worker.blocks(of: id) else { return answer(.over) }
                    worker.processStreamed(
                        message, blocks, client: client, server: server, origin: origin, keepaliveTime: keepaliveTime)
                }
            }
            try channel.pipeline.syncOperations.addHandler(connection)
        }
    }
}

/// Takes a reply from a worker to the connection that asked.
final class TCPQueryOrigin: QueryOrigin, Sendable {
    private let room: ReplyRoom
    private let deliver: @Sendable (TCPConnection.Answer) -> Void

    init(_ room: ReplyRoom, _ deliver: @escaping @Sendable (TCPConnection.Answer) -> Void) {
        self.room = room
        self.deliver = deliver
    }

    func complete(_ query: Query) {
        deliver(answer(query))
        query.worker.recycle(query)
    }

    private func answer(_ query: Query) -> TCPConnection.Answer {
        guard query.hasReply, !query.isDropped, room.isOpen else { return isQuery(query) ? .none : .noQuery }
        let reply = query.reply
        return room.take(reply.bytes.count) ? .reply(reply.bytes.copy()) : .noRoom
    }

    private func isQuery(_ query: Query) -> Bool {
        MessageHeader(decoding: query.message).map { !$0.flags.isResponse } ?? false
    }
}

extension Worker {
    /// Answers a message that came over a connection.
    func processStreamed(
        _ message: [UInt8], _ blocks: BlockTable, client: SocketAddress, server: SocketAddress, origin: TCPQueryOrigin,
        keepaliveTime: UInt16
    ) {
        let query = takeQuery()
        query.transport = .tcp
        query.client = client
        query.listeningAddress = server
        query.local = cdg_local()
        query.arrival = now
        query.isSlot = false
        query.origin = origin
        query.keepaliveTime = keepaliveTime
        query.take(message.span)
        process(query, blocks)
    }
}

import Corefile
import DNSServer
import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens at one HTTP address, for an ``HTTPEndpoint``.
///
/// All addresses share one thread with nothing else: strangers may ask here, so neither upstreams, nor the API server, nor signals wait
/// for it. What takes long to make is made elsewhere (``SharedPage``).
///
/// Unchecked Sendable: what changes is used on the event loop only, but for the channel, which is set once.
final class HTTPListener: @unchecked Sendable {
    /// What a path answers with.
    enum Answer {
        case reply(HTTPReply)
        case shared(SharedPage)
    }

    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private static let backlog: Int32 = 256
    /// What the kernel may hold for a reader that is slow, in octets, of which it takes twice as many; left alone, it holds megabytes.
    private static let sendBuffer: SocketOptionValue = 64 << 10
    /// How much is read at once, which bounds how many requests wait for the one before.
    private static let readSize = 4_096

    let limits: HTTPLimits
    private let counts: HTTPCounts?
    private weak let endpoint: HTTPEndpoint?
    private var roster: HTTPRoster
    private var connections: [Int: HTTPConnection] = [:]
    private var channel: (any Channel)?

    /// Makes one that does not listen: tests bring channels of their own to ``accept(_:)``.
    init(_ limits: HTTPLimits, _ counts: HTTPCounts?, for endpoint: HTTPEndpoint) {
        self.limits = limits
        self.counts = counts
        self.endpoint = endpoint
        roster = HTTPRoster(limits)
    }

    /// Starts to listen.
    ///
    /// - Throws: why it cannot.
    static func start(
        at address: HostPort, _ limits: HTTPLimits, _ counts: HTTPCounts?, for endpoint: HTTPEndpoint
    ) async throws -> (listener: HTTPListener, bound: HostPort) {
        let listener = HTTPListener(limits, counts, for: endpoint)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_sndbuf), value: sendBuffer)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readSize))
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try listener.accept(channel) }
            }
            .bind(host: address.host, port: address.port).get()
        listener.channel = channel
        return (listener, HostPort(host: address.host, port: channel.localAddress?.port ?? address.port))
    }

    /// Stops listening and closes all connections.
    func close() async {
        try? await channel?.close()
        try? await Self.group.next().submit { for connection in self.connections.values { connection.close() } }.get()
    }

    // MARK: On the event loop

    /// Takes in a client's connection, with handlers of its own.
    ///
    /// - Throws: SwiftNIO's error, when it ended meanwhile.
    func accept(_ channel: any Channel) throws {
        let (number, leaving) = roster.admit(from: HTTPSource(SocketAddress(channel.remoteAddress)))
        if let leaving, let connection = connections[leaving] { close(connection, .forNew) }
        let connection = HTTPConnection(number, channel, self)
        connections[number] = connection
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = 8_192
        decoding.maxHeaderListSize = 16_384
        decoding.maxHeaderFieldCount = 64
        try channel.pipeline.syncOperations.addHandlers(
            HTTPOctets(connection), ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoding)),
            HTTPResponseEncoder(), connection)
    }

    /// Closes a connection at a limit; `reason` is counted.
    func close(_ connection: HTTPConnection, _ reason: HTTPCounts.Closing?) {
        forget(connection)
        connection.close()
        if let reason { counts?.count(reason) }
    }

    /// The connection is closed.
    func forget(_ connection: HTTPConnection) {
        roster.remove(connection.number)
        connections[connection.number] = nil
    }

    /// What the path answers with.
    func answer(at path: String) -> Answer {
        endpoint?.answer(at: path) ?? .reply(.notFound)
    }

    /// A connection begins to take a page; those that still take one of long ago are closed, so that few lie in memory.
    func begin(page: Int, on connection: HTTPConnection) {
        for number in roster.begin(page: page, on: connection.number) {
            if let reader = connections[number] { close(reader, .oldPage) }
        }
    }

    func endReply(on connection: HTTPConnection) {
        roster.endReply(on: connection.number)
    }
}

import DNSServer
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// One connection to an upstream: messages with two octets of length before each (RFC 1035 §4.2.2), in TLS or not.
///
/// Unchecked Sendable: it is used on its event loop only.
final class TCPUpstreamConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private unowned let upstream: TCPUpstream
    private let settings: StreamSettings
    /// The connection, from the moment on at which queries can be sent over it.
    private var channel: (any Channel)?
    /// The connection while TLS is not agreed upon.
    private var unready: (any Channel)?
    private var pending: [UInt16: TCPRequest] = [:]
    private var unsent: [UInt16] = []
    private var received = ByteBuffer()
    private var replies = 0
    private var stall = StallWatch()
    private var isClosed = false
    private var timers = Timers()
    private var random = SystemRandomNumberGenerator()
    /// Whether it has served long enough, and takes no more queries.
    private(set) var isRetired = false

    private struct Timers {
        var idle: Scheduled<Void>?
        var age: Scheduled<Void>?
        var handshake: Scheduled<Void>?
    }

    private static let connectTime = TimeAmount.seconds(2)
    private static let handshakeTime = TimeAmount.seconds(3)

    init(_ upstream: TCPUpstream) {
        self.upstream = upstream
        settings = upstream.settings
    }

    /// Queries that wait for replies.
    var pendingCount: Int { pending.count }

    // MARK: Life

    func open() {
        var bootstrap = ClientBootstrap(group: StreamLoop.shared)
            .connectTimeout(Self.connectTime)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try self.addHandlers(to: channel) } }
        if let source = settings.source { bootstrap = bootstrap.bind(to: NIOCore.SocketAddress(source)) }
        bootstrap.connect(to: NIOCore.SocketAddress(settings.target.address)).whenComplete { self.connected($0) }
    }

    private func addHandlers(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if settings.target.transport.isSecure, let tls = settings.tls {
            let name = settings.target.transport.certificateName
            try pipeline.addHandler(NIOSSLClientHandler(context: tls.context, serverHostname: name))
        }
        try pipeline.addHandler(self)
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .failure(let error): fail(.noConnection(TCPFailure.reason(error)))
        case .success(let channel) where isClosed: channel.close(promise: nil)
        case .success(let channel) where settings.target.transport.isSecure:
            unready = channel
            timers.handshake = StreamLoop.shared.scheduleTask(in: Self.handshakeTime) {
                self.fail(.noConnection("net/http: TLS handshake timeout"))
            }
        case .success(let channel): opened(channel)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent, !isClosed { opened(context.channel) }
        context.fireUserInboundEventTriggered(event)
    }

    private func opened(_ channel: any Channel) {
        timers.handshake?.cancel()
        (self.channel, unready) = (channel, nil)
        if let age = settings.age { timers.age = StreamLoop.shared.scheduleTask(in: age) { self.retire() } }
        for id in unsent {
            if let request = pending[id] { write(request, id, to: channel) }
        }
        unsent = []
        startIdling()
    }

    /// Takes no more queries, and closes after the last reply.
    private func retire() {
        isRetired = true
        startIdling()
    }

    /// Closes; what waits fails.
    func close() {
        fail(.disconnected)
    }

    private func fail(_ failure: TCPFailure) {
        for request in end() { request.complete(.failure(failure)) }
    }

    /// Ends the connection and gives what waited on it.
    private func end() -> [TCPRequest] {
        guard !isClosed else { return [] }
        isClosed = true
        for timer in [timers.idle, timers.age, timers.handshake] { timer?.cancel() }
        (channel ?? unready)?.close(promise: nil)
        upstream.remove(self)
        let requests = pending.values.filter { !$0.isDone }
        pending = [:]
        unsent = []
        return requests
    }

    /// The upstream closed, or stalls.
    ///
    /// A connection that had served before gets its queries sent again once.
    private func end(resending wasUsed: Bool) {
        // A connection that was closed here ends a little later, and maybe after its upstream.
        guard !isClosed else { return }
        let requests = end()
        let again = requests.filter { wasUsed && !$0.wasResent }
        for request in requests where !wasUsed || request.wasResent { request.complete(.failure(.disconnected)) }
        upstream.resend(again)
    }

    // MARK: Sending

    func send(_ request: TCPRequest) {
        timers.idle?.cancel()
        stall.sent(isAlone: pending.isEmpty, at: .now())
        let id = unusedID()
        request.abandon = { [weak self] in self?.abandon(id) }
        pending[id] = request
        if let channel { write(request, id, to: channel) } else { unsent.append(id) }
    }

    private func unusedID() -> UInt16 {
        while true {
            let id = UInt16.random(in: .min ... .max, using: &random)
            if pending[id] == nil { return id }
        }
    }

    private func write(_ request: TCPRequest, _ id: UInt16, to channel: any Channel) {
        guard request.message.count >= 2, request.message.count <= 65_535 else { return }
        var buffer = channel.allocator.buffer(capacity: request.message.count + 2)
        buffer.writeInteger(UInt16(request.message.count))
        buffer.writeInteger(id)
        buffer.writeBytes(request.message.dropFirst(2))
        channel.writeAndFlush(buffer, promise: nil)
    }

    /// A query on this connection was given up.
    ///
    /// If nothing at all comes the connection stalls, and the others on it had better go elsewhere. One that is still being
    /// made goes on being made: the next query finds it ready.
    private func abandon(_ id: UInt16) {
        pending[id] = nil
        guard channel != nil else { return }
        if stall.isStalled(at: .now()) { end(resending: true) } else { startIdling() }
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        while let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            received.readableBytes >= Int(length) + 2
        {
            received.moveReaderIndex(forwardBy: 2)
            guard let message = received.readBytes(length: Int(length)), take(message) else { return close() }
        }
        received.discardReadBytes()
        startIdling()
    }

    /// Hands a reply to who waits for it; false when it is no message at all.
    private func take(_ message: [UInt8]) -> Bool {
        guard message.count >= 12 else { return false }
        stall.heard()
        let id = UInt16(message[0]) << 8 | UInt16(message[1])
        guard let request = pending.removeValue(forKey: id) else { return true }
        replies += 1
        request.complete(.success(message))
        return true
    }

    func channelInactive(context: ChannelHandlerContext) {
        if channel == nil { fail(.noConnection("EOF")) } else { end(resending: replies > 0) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if channel == nil { fail(.noConnection(TCPFailure.reason(error))) } else { end(resending: replies > 0) }
    }

    /// Closes the connection when nothing is asked over it for a while, or when it is one too many.
    private func startIdling() {
        guard pending.isEmpty, !isClosed, channel != nil else { return }
        guard !isRetired, !upstream.isSurplus(self) else { return close() }
        timers.idle?.cancel()
        timers.idle = StreamLoop.shared.scheduleTask(in: TimeAmount(settings.expire)) { self.close() }
    }
}

import DNSServer
import NIOCore
import NIOPosix

/// One TCP connection to an upstream: messages with two octets of length before each (RFC 1035 §4.2.2).
///
/// Unchecked Sendable: it is used on its event loop only.
final class TCPUpstreamConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private unowned let upstream: TCPUpstream
    private let eventLoop: any EventLoop
    private var channel: (any Channel)?
    private var pending: [UInt16: TCPRequest] = [:]
    private var unsent: [TCPRequest] = []
    private var received = ByteBuffer()
    private var replies = 0
    private var isClosed = false
    private var idle: Scheduled<Void>?
    private var random = SystemRandomNumberGenerator()

    private static let connectTime = TimeAmount.seconds(2)

    init(_ upstream: TCPUpstream, _ eventLoop: any EventLoop) {
        self.upstream = upstream
        self.eventLoop = eventLoop
    }

    /// Queries that wait for replies.
    var pendingCount: Int { pending.count }

    // MARK: Life

    func open() {
        let address: NIOCore.SocketAddress
        do {
            address = try NIOCore.SocketAddress(ipAddress: upstream.address.host, port: Int(upstream.address.port))
        } catch {
            return fail(.noConnection("\(error)"))
        }
        ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTime)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(self) }
            }
            .connect(to: address)
            .whenComplete { result in
                switch result {
                case .success(let channel): self.opened(channel)
                case .failure(let error): self.fail(.noConnection(Self.describe(error)))
                }
            }
    }

    private func opened(_ channel: any Channel) {
        guard !isClosed else { return channel.close(promise: nil) }
        self.channel = channel
        for request in unsent { write(request, to: channel) }
        unsent = []
        startIdling()
    }

    /// The reason in the words of the system where it has some.
    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as IOError: "connect: \(ForwardFailure.describe(error.errnoCode))"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { describe($0.error) } ?? "no connection"
        case ChannelError.connectTimeout: "i/o timeout"
        default: "\(error)"
        }
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
        idle?.cancel()
        channel?.close(promise: nil)
        upstream.remove(self)
        let requests = pending.values.filter { !$0.isDone }
        pending = [:]
        unsent = []
        return Array(requests)
    }

    /// The upstream closed, or stalls.
    ///
    /// A connection that had served before gets its queries sent again once.
    private func end(resending wasUsed: Bool) {
        let requests = end()
        let again = requests.filter { wasUsed && !$0.wasResent }
        for request in requests where !wasUsed || request.wasResent { request.complete(.failure(.disconnected)) }
        upstream.resend(again)
    }

    // MARK: Sending

    func send(_ request: TCPRequest) {
        idle?.cancel()
        request.connection = self
        request.repliesBefore = replies
        request.id = unusedID()
        pending[request.id] = request
        if let channel { write(request, to: channel) } else { unsent.append(request) }
    }

    private func unusedID() -> UInt16 {
        while true {
            let id = UInt16.random(in: .min ... .max, using: &random)
            if pending[id] == nil { return id }
        }
    }

    private func write(_ request: TCPRequest, to channel: any Channel) {
        guard request.message.count >= 2, request.message.count <= 65_535 else { return }
        var buffer = channel.allocator.buffer(capacity: request.message.count + 2)
        buffer.writeInteger(UInt16(request.message.count))
        buffer.writeInteger(request.id)
        buffer.writeBytes(request.message.dropFirst(2))
        channel.writeAndFlush(buffer, promise: nil)
    }

    /// A query on this connection was given up.
    ///
    /// If nothing at all was replied meanwhile the connection stalls, and the others
    /// on it had better go elsewhere.
    func abandon(_ request: TCPRequest) {
        guard pending[request.id] === request else { return }
        pending[request.id] = nil
        if request.repliesBefore == replies { end(resending: true) } else { startIdling() }
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
        let id = UInt16(message[0]) << 8 | UInt16(message[1])
        guard let request = pending.removeValue(forKey: id) else { return true }
        replies += 1
        request.complete(.success(message))
        return true
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(resending: replies > 0)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(resending: replies > 0)
    }

    /// Closes the connection when nothing is asked over it for a while.
    private func startIdling() {
        guard pending.isEmpty, !isClosed else { return }
        idle?.cancel()
        idle = eventLoop.scheduleTask(in: upstream.expire) { self.close() }
    }
}

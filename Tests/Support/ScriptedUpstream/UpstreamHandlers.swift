import NIOCore

/// Answers datagrams.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let upstream: ScriptedUpstream

    init(_ upstream: ScriptedUpstream) {
        self.upstream = upstream
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let delivery = upstream.delivery(for: Array(envelope.data.readableBytesView), overTCP: false) else {
            return
        }
        context.deliver(delivery) { context in
            let reply = AddressedEnvelope(
                remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: delivery.octets))
            context.writeAndFlush(self.wrapOutboundOut(reply), promise: nil)
        }
    }

    /// One failed send is the loss of one reply.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Answers the messages of a connection, each preceded by its length in two octets.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let upstream: ScriptedUpstream
    private var stream = ByteBuffer()

    init(_ upstream: ScriptedUpstream) {
        self.upstream = upstream
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        stream.writeBuffer(&part)
        while let message = stream.readLengthPrefixedSlice(as: UInt16.self) {
            guard let delivery = upstream.delivery(for: Array(message.readableBytesView), overTCP: true) else {
                continue
            }
            context.deliver(delivery) { context in
                var reply = ByteBuffer(integer: UInt16(clamping: delivery.octets.count))
                reply.writeBytes(delivery.octets)
                context.writeAndFlush(self.wrapOutboundOut(reply), promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension ChannelHandlerContext {
    /// Sends now, or when the delay is over.
    fileprivate func deliver(
        _ delivery: ScriptedUpstream.Delivery, _ send: @escaping (ChannelHandlerContext) -> Void
    ) {
        guard delivery.delay > .zero else { return send(self) }
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delivery.delay)) { send(self) }
    }
}

import NIOCore

/// Messages with two octets of length before each (RFC 1035 §4.2.2), told apart by their IDs.
final class MessageCarrier: UpstreamCarrier, ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private weak var connection: UpstreamConnection?
    private var channel: (any Channel)?
    private var stream = ByteBuffer()
    /// How many more messages may come than were asked for; each costs time that other connections need.
    private var unasked = 16

    func begin(on channel: any Channel, for connection: UpstreamConnection) throws {
        self.connection = connection
        self.channel = channel
        try channel.pipeline.syncOperations.addHandler(self)
    }

    var hasRoom: Bool { channel?.isWritable ?? false }

    func send(_ request: TCPRequest, id: UInt16) {
        let query = request.message
        guard let channel, query.count >= 2, query.count <= 65_535 else { return }
        var buffer = channel.allocator.buffer(capacity: query.count + 2)
        buffer.writeInteger(UInt16(query.count))
        buffer.writeInteger(id)
        buffer.writeBytes(query.dropFirst(2))
        unasked += 1
        // Given up or not, its octets are there until they are sent.
        channel.writeAndFlush(buffer).whenComplete { [reservation = request.reservation] _ in
            withExtendedLifetime(reservation) {}
        }
    }

    func drop(_ id: UInt16) {}

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        stream.writeBuffer(&part)
        while let length = stream.getInteger(at: stream.readerIndex, as: UInt16.self),
            stream.readableBytes >= Int(length) + 2
        {
            stream.moveReaderIndex(forwardBy: 2)
            // What is no message at all comes from no DNS server.
            guard let message = stream.readBytes(length: Int(length)), message.count >= 12 else { return end() }
            unasked -= 1
            guard unasked >= 0 else {
                connection?.misbehaved(.refused("more messages than were asked for"))
                return end()
            }
            let id = UInt16(message[0]) << 8 | UInt16(message[1])
            connection?.received(.success(message), for: id)
        }
        stream.discardReadBytes()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        connection?.goOn()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end()
    }

    private func end() {
        let connection = connection
        self.connection = nil
        connection?.lost()
    }
}

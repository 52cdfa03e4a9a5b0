package import Corefile
import NIOCore
import NIOPosix

/// A GET over one connection, for a server that asks itself whether it answers.
package enum HTTPProbe {
    /// The first line and the rest of a reply.
    package struct Answer: Sendable {
        package let status: Int
        /// Headers and body as they came.
        package let text: String
    }

    /// Why there was no answer.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let maximumLength = 16 << 20

    /// Asks for `path`.
    ///
    /// - Throws: what the system says of the connection, or a ``Failure``.
    package static func get(_ path: String, at address: HostPort, timeout: Duration) async throws -> Answer {
        let limit = TimeAmount(timeout)
        let channel = try await ClientBootstrap(group: HTTPListener.group)
            .connectTimeout(limit)
            .connect(host: host(of: address), port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Before anything is awaited: the server waits for a request a second, and the pool of tasks can be busy for longer.
                    let request = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
                    try channel.pipeline.syncOperations.addHandler(FirstWords(request))
                    channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let received = try await channel.executeThenClose { inbound, _ in
            var received = ByteBuffer()
            for try await part in inbound where received.readableBytes < maximumLength {
                received.writeImmutableBuffer(part)
            }
            return received
        }
        return try answer(String(buffer: received))
    }

    /// Where to connect to in order to reach a server that listens at `address`.
    private static func host(of address: HostPort) -> String {
        ["", "::", "0.0.0.0", "localhost"].contains(address.host) ? "127.0.0.1" : address.host
    }

    private static func answer(_ text: String) throws(Failure) -> Answer {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw Failure(description: text.isEmpty ? "no answer" : "no HTTP reply")
        }
        return Answer(status: status, text: String(words[2]))
    }
}

/// Says something as soon as the connection is there.
private final class FirstWords: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        context.fireChannelActive()
    }
}

import DNSServer
import FuzzBodies
import NIOCore
import NIOEmbedded
import Synchronization

@testable import Plugins

extension FuzzBody {
    /// What a server over HTTPS says to two queries, the first octet being how it is cut into reads.
    ///
    /// Each query ends once, with octets of a message that did come or with a failure, and what is sent to the server is in proportion to
    /// what it says.
    static let httpsUpstream = FuzzBody(name: "FuzzHTTPSUpstream") { octets in
        guard let first = octets.first else { return nil }
        let said = Array(octets.dropFirst())
        do {
            // Streams belong to the event loop of upstreams.
            return try StreamLoop.shared.submit { HTTPSTalk().complaint(said, cutInto: 1 + Int(first)) }.wait()
        } catch {
            return "\(error)"
        }
    }
}

/// Two queries to one server.
private final class HTTPSTalk: Sendable {
    private typealias Outcome = Result<[UInt8], TCPFailure>
    /// By query; none for those that were not sent.
    private let outcomes = Mutex<[Int: [Outcome]]>([:])
    private let queries: [[UInt8]] = (0..<2).map { index in
        [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, UInt8(ascii: "a") + UInt8(index), 0, 0, 1, 0, 1]
    }

    func complaint(_ said: [UInt8], cutInto size: Int) -> String? {
        guard let address = SocketAddress("127.0.0.1", port: 443) else { return "no address" }
        let target = UpstreamTarget(address: address, transport: .https(serverName: "a.example"))
        let upstream = StreamUpstream(StreamSettings(target)) { _ in }
        let connection = UpstreamConnection(upstream)
        let channel = EmbeddedChannel()
        do {
            try channel.connect(to: NIOCore.SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
            // The connection does not keep it.
            return try withExtendedLifetime(upstream) { try complaint(said, size, connection, channel) }
        } catch {
            return "\(error)"
        }
    }

    private func complaint(
        _ said: [UInt8], _ size: Int, _ connection: UpstreamConnection, _ channel: EmbeddedChannel
    ) throws -> String? {
        var sent = 0
        send(0, over: connection)
        connection.opened(channel)
        // A real event loop does as well what is to be done before it reads.
        channel.embeddedEventLoop.run()
        for start in stride(from: 0, to: said.count, by: size) where channel.isActive {
            if start > 0, start <= size {
                send(1, over: connection)
                channel.embeddedEventLoop.run()
            }
            // Errors are the connection's end, if anything.
            _ = try? channel.writeInbound(ByteBuffer(bytes: said[start..<min(start + size, said.count)]))
            channel.embeddedEventLoop.run()
            while let part = try channel.readOutbound(as: ByteBuffer.self) { sent += part.readableBytes }
        }
        connection.close()
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        _ = try? channel.finish(acceptAlreadyClosed: true)
        guard sent <= 4_096 + 4 * said.count else { return "\(sent) octets sent for \(said.count)" }
        return outcomes.withLock { outcomes in
            outcomes.values.lazy.compactMap { Self.check($0, said) }.first
        }
    }

    private func send(_ index: Int, over connection: UpstreamConnection) {
        let request = TCPRequest(queries[index]) { [self] outcome in
            outcomes.withLock { $0[index, default: []].append(outcome) }
        }
        outcomes.withLock { $0[index] = [] }
        // What is lost is not sent again over another connection here.
        request.wasResent = true
        connection.send(request)
    }

    private static func check(_ outcomes: [Outcome], _ said: [UInt8]) -> String? {
        guard outcomes.count == 1 else { return "a query ended \(outcomes.count) times" }
        guard case .success(let message)? = outcomes.first else { return nil }
        guard (12...HTTPMessage.longest).contains(message.count) else { return "a message of \(message.count) octets" }
        return message.count <= said.count ? nil : "a longer message than was said"
    }
}

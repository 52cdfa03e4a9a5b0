import Basics
import DNSServer
import DNSWire
import NIOCore
import NIOPosix

/// Asks DNS servers for the addresses of a name: for A and AAAA records, one server after the other until one has some.
struct DatagramResolver: Sendable {
    let servers: [DNSServer.SocketAddress]
    /// How long a server has for a reply.
    var patience = Duration.seconds(2)

    /// The addresses of a name, with port 0.
    func addresses(of host: String) async throws(NameFailure) -> [DNSServer.SocketAddress] {
        guard let name = try? Name(parsing: host) else { throw NameFailure(description: "no valid name") }
        var failure: NameFailure?
        for server in servers {
            var addresses: [DNSServer.SocketAddress] = []
            for type in [RecordType.A, .AAAA] {
                do throws(NameFailure) {
                    addresses += try await ask(server, Question(name, type)).answers.compactMap(Self.address)
                } catch {
                    failure = error
                    // One family is enough; a server that says nothing to the first question is not asked a second.
                    break
                }
            }
            if !addresses.isEmpty { return addresses }
        }
        let text = "no addresses found for \"\(host)\""
        throw NameFailure(description: failure.map { "\(text): \($0)" } ?? text)
    }

    private static func address(_ record: Record) -> DNSServer.SocketAddress? {
        switch record.data {
        case .a(let address), .aaaa(let address): SocketAddress(address.description, port: 0)
        default: nil
        }
    }

    private func ask(
        _ server: DNSServer.SocketAddress, _ question: Question
    ) async throws(NameFailure) -> Message {
        var query = Message(id: .random(in: .min ... .max), asking: question)
        query.flags.recursionDesired = true
        let octets = query.encoded()
        do {
            let reply = try await askOverUDP(server, octets)
            if !reply.flags.isTruncated { return reply }
            return try await askOverTCP(server, octets)
        } catch let failure as TCPFailure {
            throw NameFailure(description: failure.forwardFailure.text("\(server)"))
        } catch {
            throw NameFailure(description: "\(server): \(TCPFailure.reason(error))")
        }
    }

    private func askOverUDP(_ server: DNSServer.SocketAddress, _ query: [UInt8]) async throws -> Message {
        let promise = StreamLoop.shared.makePromise(of: Message.self)
        let time = TimeAmount(patience)
        let timer = StreamLoop.shared.scheduleTask(in: time) { promise.fail(ChannelError.connectTimeout(time)) }
        defer {
            timer.cancel()
            // No promise may stay open; one that is kept stays as it is.
            promise.fail(ChannelError.alreadyClosed)
        }
        let channel = try await DatagramBootstrap(group: StreamLoop.shared)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReplyWaiter(query, promise))
                }
            }
            .connect(to: NIOCore.SocketAddress(server)).get()
        defer { channel.close(promise: nil) }
        channel.writeAndFlush(ByteBuffer(bytes: query), promise: nil)
        return try await promise.futureResult.get()
    }

    /// What was cut short is asked again over a connection of its own.
    private func askOverTCP(_ server: DNSServer.SocketAddress, _ query: [UInt8]) async throws -> Message {
        let upstream = StreamUpstream(StreamSettings(UpstreamTarget(address: server))) { _ in }
        defer { upstream.close() }
        let promise = StreamLoop.shared.makePromise(of: [UInt8].self)
        let request = TCPRequest(query) { promise.completeWith($0.mapError { $0 }) }
        let time = TimeAmount(patience)
        let timer = StreamLoop.shared.scheduleTask(in: time) {
            promise.fail(ChannelError.connectTimeout(time))
            request.cancel()
        }
        defer { timer.cancel() }
        upstream.send(request)
        let reply = try await promise.futureResult.get()
        return try Message(decoding: reply.span)
    }
}

/// Waits for the reply to a query; what is no reply to it is ignored.
private final class ReplyWaiter: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let query: [UInt8]
    private let promise: EventLoopPromise<Message>

    init(_ query: [UInt8], _ promise: EventLoopPromise<Message>) {
        self.query = query
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let (query, octets) = (query, Array(unwrapInboundIn(data).data.readableBytesView))
        let question = MessageHeader.length..<query.count
        guard octets.prefix(2) == query.prefix(2) else { return }
        switch ReplyCheck(octets.span, to: query.span, question: question) {
        case .reply, .otherCase: break
        case .bareRefusal, .foreign: return
        }
        guard let reply = try? Message(decoding: octets.span) else { return }
        promise.succeed(reply)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
    }
}

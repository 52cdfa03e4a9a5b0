import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import KubernetesClient

@Suite("The body of a watch is taken where it arrives")
struct DirectBodyTests {
    /// Counts how often the connection is read on.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = HTTPClientRequestPart
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    /// A connection on which a request for a direct body has gone out.
    private struct Exchange {
        let channel: EmbeddedChannel
        let counter = ReadCounter()
        let body = DirectBody()
        let request: HTTPRequestHead

        init(patience: Duration = .seconds(100)) throws {
            let bodies = DirectBodies()
            channel = EmbeddedChannel(handlers: [
                counter, DirectBodyHandler(bodies, patience: patience, isOnClusterLoop: false),
            ])
            var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
            head.headers.add(name: "Accept", value: "x")
            head.headers.add(name: DirectBodies.header, value: bodies.add(body))
            try channel.writeOutbound(HTTPClientRequestPart.head(head))
            guard case .head(let sent)? = try channel.readOutbound(as: HTTPClientRequestPart.self) else {
                throw APIFailure.malformed("no head")
            }
            request = sent
        }

        func reply(_ status: HTTPResponseStatus = .ok) throws {
            try channel.writeInbound(HTTPClientResponsePart.head(HTTPResponseHead(version: .http1_1, status: status)))
            _ = try channel.readInbound(as: HTTPClientResponsePart.self)
        }

        func arrive(_ text: String) throws {
            try channel.writeInbound(HTTPClientResponsePart.body(ByteBuffer(string: text)))
        }

        /// What the HTTP library hears of next.
        func heard() throws -> HTTPClientResponsePart? { try channel.readInbound() }
    }

    private final class Pieces: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }

        func take(_ piece: ByteBuffer) -> Bool {
            texts.withLock { $0.append(String(buffer: piece)) }
            return String(buffer: piece) == "over"
        }
    }

    @Test("A request does not tell the API server of it")
    func header() throws {
        let exchange = try Exchange()
        #expect(exchange.request.headers.map(\.name) == ["Accept"])
    }

    @Test("Pieces go to the receiver, in order, and the HTTP library hears of the end alone")
    func pieces() throws {
        let (exchange, pieces) = (try Exchange(), Pieces())
        try exchange.reply()
        exchange.body.receive(pieces.take)
        try exchange.arrive("a")
        try exchange.arrive("b")
        #expect(pieces.all == ["a", "b"])
        #expect(try exchange.heard() == nil)
        try exchange.channel.writeInbound(HTTPClientResponsePart.end(nil))
        #expect(try exchange.heard() == .end(nil))
    }

    @Test("What arrives before there is a receiver waits for it, and no more is read meanwhile")
    func waiting() throws {
        let (exchange, pieces) = (try Exchange(), Pieces())
        try exchange.reply()
        try exchange.arrive("a")
        let before = exchange.counter.count
        exchange.channel.read()
        #expect(exchange.counter.count == before)
        exchange.body.receive(pieces.take)
        #expect(pieces.all == ["a"])
        #expect(exchange.counter.count == before + 1)
        exchange.channel.read()
        #expect(exchange.counter.count == before + 2)
    }

    @Test("The body of a refusal goes the ordinary way")
    func refusal() throws {
        let (exchange, pieces) = (try Exchange(), Pieces())
        try exchange.reply(.forbidden)
        exchange.body.receive(pieces.take)
        try exchange.arrive("no")
        #expect(pieces.all.isEmpty)
        #expect(try exchange.heard() == .body(ByteBuffer(string: "no")))
    }

    @Test("The body of the next reply on the connection goes the ordinary way")
    func next() throws {
        let (exchange, pieces) = (try Exchange(), Pieces())
        try exchange.reply()
        exchange.body.receive(pieces.take)
        try exchange.channel.writeInbound(HTTPClientResponsePart.end(nil))
        _ = try exchange.heard()
        try exchange.reply()
        try exchange.arrive("page")
        #expect(pieces.all.isEmpty)
        #expect(try exchange.heard() == .body(ByteBuffer(string: "page")))
    }

    @Test("The HTTP library sees that a body goes on, and looks up when it is over")
    func signs() throws {
        let (quick, patient) = (try Exchange(patience: .zero), try Exchange())
        for exchange in [quick, patient] {
            try exchange.reply()
            exchange.body.receive(Pieces().take)
            try exchange.arrive("a")
        }
        #expect(try quick.heard() == .body(ByteBuffer()))
        #expect(try patient.heard() == nil)
        try patient.arrive("over")
        #expect(try patient.heard() == .body(ByteBuffer()))
    }
}

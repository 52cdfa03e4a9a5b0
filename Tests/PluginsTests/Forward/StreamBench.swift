import DNSWire
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

/// The connections to one upstream, asked directly.
struct StreamBench {
    let upstream: StreamUpstream

    init(_ port: Int, _ transport: UpstreamTransport = .dns, _ change: (inout StreamSettings) throws -> Void) throws {
        let address = try #require(SocketAddress("127.0.0.1", port: UInt16(port)))
        var settings = StreamSettings(UpstreamTarget(address: address, transport: transport))
        try change(&settings)
        upstream = StreamUpstream(settings) { _ in }
    }

    /// Asks, and waits for the reply.
    func ask(_ name: String) async throws -> Message {
        let query = Message(id: 7, asking: Question(try Name(parsing: name), .A)).encoded()
        let result = try await outcome(of: name) { teller in
            upstream.send(TCPRequest(query) { teller.tell($0) })
        }
        let reply = try result.get()
        return try Message(decoding: reply.span)
    }
}

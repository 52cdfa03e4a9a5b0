import DNSWire
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Upstreams over connections that read nothing, or say too much") struct UpstreamFloodTests {
    /// Queries of 60 kB, each given up after a while, as many as `count`; gives the most octets that were held.
    private static func flood(_ bench: StreamBench, _ count: Int, _ bounds: ForwardBounds) async throws -> Int {
        let query = [UInt8](repeating: 0, count: 60_000)
        var most = 0
        var asked: [TCPRequest] = []
        for number in 0..<count {
            guard let room = bounds.reserve(query.count, over: bench.upstream.settings.target.transport) else {
                continue
            }
            let request = TCPRequest(query, reservation: room) { _ in }
            bench.upstream.send(request)
            asked.append(request)
            most = max(most, bounds.requests.used)
            if number % 16 == 15 {
                // The oldest are given up, as those are that wait too long.
                for request in asked.prefix(8) { bench.upstream.cancel(request) }
                asked.removeFirst(8)
                try await settled()
            }
        }
        for request in asked { bench.upstream.cancel(request) }
        return most
    }

    /// What was told to the event loop of upstreams until now has been done.
    private static func settled() async throws {
        try await StreamLoop.shared.submit {}.get()
    }

    @Test("what is given up leaves no octets behind: over TCP at most what the buffers of the connections take")
    func unreadTCP() async throws {
        let deaf = try await DeafUpstream(reads: false)
        var bounds = ForwardBounds()
        bounds.requests = OctetBudget(limit: 4 << 20)
        let bench = try StreamBench(deaf.port) { _ in }
        let most = try await Self.flood(bench, 2_000, bounds)
        #expect(most <= 4 << 20)
        // Each of eight connections may hold one query more than its mark.
        let buffers = 8 * (16_384 + 2 * 60_512)
        try await wait(for: "what was given up to go") { bounds.requests.used <= buffers }
        bench.upstream.close()
        try await wait(for: "the rest to go") { bounds.requests.used == 0 }
        try await deaf.close()
    }

    @Test("over HTTPS to a server that opens no window everything that is given up is gone at once")
    func shutWindow() async throws {
        let fixture = try SecureFixture()
        // SETTINGS with INITIAL_WINDOW_SIZE 0 (RFC 9113 §6.5.2).
        let settings: [UInt8] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]
        let deaf = try await DeafUpstream(tls: try fixture.context(protocols: ["h2"]), reads: true, greeting: settings)
        var bounds = ForwardBounds()
        bounds.requests = OctetBudget(limit: 4 << 20)
        let bench = try StreamBench(deaf.port, .https(serverName: "dns.test")) { settings in
            settings.tls = try fixture.clientTLS
        }
        let most = try await Self.flood(bench, 500, bounds)
        #expect(most <= 4 << 20)
        try await wait(for: "what was given up to go") { bounds.requests.used == 0 }
        bench.upstream.close()
        try await deaf.close()
    }

    @Test("a server over TCP that says more than it was asked is left, and its connection made anew for the next query")
    func unaskedMessages() async throws {
        let stream = try await ScriptedStream { connection, _, query in
            let reply = ScriptedReply.answer(query)
            return connection == 0 ? [ScriptedStream.Action](repeating: .send(reply), count: 40) : [.send(reply)]
        }
        let bench = try StreamBench(stream.port) { _ in }
        #expect(try await bench.ask("a.test").answers.count == 1)
        try await wait(for: "the connection to be closed") { stream.closed == 1 }
        #expect(try await bench.ask("b.test").answers.count == 1)
        bench.upstream.close()
        try await stream.close()
    }

    @Test(
        "a server over HTTPS that sends frames without end is left, and its query fails with a reason",
        arguments: [
            // WINDOW_UPDATE of the connection; PING; a frame of a type that nobody knows.
            [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
            [0, 0, 0, 0xFA, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func frames(_ frame: [UInt8]) async throws {
        let fixture = try SecureFixture()
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let flood = settings + [[UInt8]](repeating: frame, count: 5_000).flatMap(\.self)
        let server = try await DeafUpstream(tls: try fixture.context(protocols: ["h2"]), reads: true, greeting: flood)
        let bench = try StreamBench(server.port, .https(serverName: "dns.test")) { settings in
            settings.tls = try fixture.clientTLS
        }
        await #expect(throws: TCPFailure.refused("HTTP/2 frames without end")) { try await bench.ask("a.test") }
        try await wait(for: "the connection to be closed") { server.closed == 1 }
        bench.upstream.close()
        try await server.close()
    }
}

import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Servers that forward to each other") struct ForwardCircleTests {
    private static let subnet = EDNS(options: [EDNSOption(EDNSOptionCode(rawValue: 8), [0, 1, 24, 0, 192, 0, 2])])

    private static func withBench(_ body: (ForwardBench) throws -> Void) async throws {
        let server = try await ScriptedDatagrams { _, _ in [] }
        let bench = try ForwardBench("forward . 127.0.0.1:\(server.port) {\nmax_fails 0\n}", waiting: 256)
        try body(bench)
        bench.pass(6_000_000_000)
        bench.retire()
        #expect(bench.remains.isEmpty, "\(bench.remains)")
        try await server.close()
    }

    @Test(
        "of queries that cannot share a reply 64 for the same question are under way; others go on, and so do these later"
    )
    func crowd() async throws {
        try await Self.withBench { bench in
            for _ in 0..<70 { try bench.ask("a.test", Self.subnet) }
            #expect(bench.ends == [Int](repeating: 0, count: 64) + [Int](repeating: 1, count: 6))
            #expect(bench.total("needletail_forward_crowded_queries_total") == 6)
            try bench.ask("b.test", Self.subnet)
            try bench.ask("a.test")
            #expect(bench.ends.suffix(2) == [0, 0])
            // All have failed by then.
            bench.pass(6_000_000_000)
            try bench.ask("a.test", Self.subnet)
            #expect(bench.ends.last == 0)
        }
    }

    @Test(
        "a question that comes back from an upstream is answered SERVFAIL after a second, one from elsewhere waits on")
    func returned() async throws {
        try await Self.withBench { bench in
            try bench.ask("a.test")
            try bench.ask("a.test", from: try #require(SocketAddress("127.0.0.1", port: 4_711)))
            try bench.ask("a.test", from: try #require(SocketAddress("127.0.0.2", port: 4_711)))
            bench.pass(900_000_000)
            #expect(bench.ends == [0, 0, 0])
            bench.pass(110_000_000)
            #expect(bench.ends == [0, 1, 0])
            #expect(bench.total("needletail_forward_returned_queries_total") == 1)
        }
    }
}

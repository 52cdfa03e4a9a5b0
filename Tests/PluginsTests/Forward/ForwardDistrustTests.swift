import DNSWire
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Ports that somebody may know") struct ForwardDistrustTests {
    private static func withBench(
        _ options: String = "max_fails 0", _ body: (ForwardBench) throws -> Void
    ) async throws {
        let server = try await ScriptedDatagrams { _, _ in [] }
        let bench = try ForwardBench("forward . 127.0.0.1:\(server.port) {\n\(options)\n}", waiting: 64)
        try body(bench)
        // What still waits is answered.
        for (exchange, leg) in bench.openLegs {
            bench.receive(try answer(exchange, exchange.holds[leg].id), exchange, leg)
        }
        bench.retire()
        #expect(bench.remains.isEmpty, "\(bench.remains)")
        try await server.close()
    }

    private static func answer(_ exchange: ForwardExchange, _ id: UInt16) throws -> [UInt8] {
        let query = try #require(exchange.query)
        return [UInt8(id >> 8), UInt8(id & 0xFF)] + ScriptedReply.answer(query.message.copy()).dropFirst(2)
    }

    @Test(
        "RFC 5927 §3: a refusal fails no query, and the next query has another socket")
    func refusal() async throws {
        try await Self.withBench { bench in
            try bench.ask("a.test")
            let (exchange, leg) = try #require(bench.openLegs.first)
            let socket = try #require(exchange.holds[leg].socket)
            for _ in 0..<10 { bench.engine.doubt(socket, 111) }
            #expect(bench.ends == [0])
            #expect(socket.isRetired)
            bench.pass(4_000_000)
            try bench.ask("b.test")
            let other = try #require(bench.openLegs.first { $0.exchange !== exchange })
            #expect(other.exchange.holds[other.leg].socket !== socket)
            bench.receive(try Self.answer(exchange, exchange.holds[leg].id), exchange, leg)
            #expect(bench.ends == [1, 0])
        }
    }

    @Test("refusals are believed once two probes in a row were refused as well")
    func believed() async throws {
        try await Self.withBench { bench in
            let upstream = bench.plugin.groups[0].upstreams[0]
            upstream.noteProbe(isRefused: true)
            #expect(!upstream.isGone)
            upstream.noteProbe(isRefused: false)
            upstream.noteProbe(isRefused: true)
            #expect(!upstream.isGone)
            upstream.noteProbe(isRefused: true)
            #expect(upstream.isGone)
            try bench.ask("a.test")
            let (exchange, leg) = try #require(bench.openLegs.first)
            bench.engine.doubt(try #require(exchange.holds[leg].socket), 111)
            #expect(!exchange.attempts.legs[leg].isOpen)
            upstream.hear()
            #expect(!upstream.isGone)
        }
    }

    @Test(
        "RFC 5452 §4: sixteen IDs that were never used end a socket, and its queries go out anew")
    func guesses() async throws {
        try await Self.withBench { bench in
            for number in 0..<3 { try bench.ask("n\(number).test") }
            bench.flush()
            let legs = bench.openLegs
            let socket = try #require(legs.first?.exchange.holds[legs[0].leg].socket)
            let former = legs.map { $0.exchange.holds[$0.leg].id }
            var guess: UInt16 = 0
            for _ in 0..<16 {
                while socket.waiting.contains(guess) { guess += 1 }
                bench.arrive(
                    [UInt8(guess >> 8), UInt8(guess & 0xFF)] + [UInt8](repeating: 0x80, count: 10), on: socket)
                guess += 1
            }
            #expect(socket.isBurnt)
            let moved = bench.openLegs
            #expect(moved.count == 3)
            #expect(moved.allSatisfy { $0.exchange.holds[$0.leg].socket !== socket })
            // The right ID comes too late: the reply may be a stranger's seventeenth guess.
            bench.arrive(try Self.answer(moved[0].exchange, former[0]), on: socket)
            #expect(bench.ends == [0, 0, 0])
            #expect(bench.sum("needletail_forward_sockets_distrusted_total") == 1)
        }
    }

    @Test("late replies to queries that were answered are no guesses")
    func lateReplies() async throws {
        try await Self.withBench { bench in
            for number in 0..<100 {
                try bench.ask("n\(number).test")
                let (exchange, leg) = try #require(bench.openLegs.first)
                let (socket, id) = (try #require(exchange.holds[leg].socket), exchange.holds[leg].id)
                let reply = try Self.answer(exchange, id)
                for _ in 0..<3 { bench.arrive(reply, on: socket) }
            }
            #expect(bench.ends == [Int](repeating: 1, count: 100))
            #expect(bench.sum("needletail_forward_sockets_distrusted_total") == 0)
        }
    }

    @Test("a socket is used for two seconds or 256 queries")
    func wear() async throws {
        try await Self.withBench { bench in
            func take() throws -> UpstreamSocket {
                try bench.ask("a\(bench.ends.count).test")
                let (exchange, leg) = try #require(bench.openLegs.first)
                let socket = try #require(exchange.holds[leg].socket)
                bench.receive(try Self.answer(exchange, exchange.holds[leg].id), exchange, leg)
                return socket
            }
            // No time passes, so that every query has the same place among the sockets.
            let first = try take()
            for _ in 1..<256 { #expect(try take() === first) }
            let second = try take()
            #expect(second !== first)
            #expect(!second.isWorn(now: bench.worker.now + 2_000_000_000, expire: .max))
            #expect(second.isWorn(now: bench.worker.now + 2_000_000_001, expire: .max))
        }
    }

    @Test("however many refusals come, the sockets that wait for last replies are bounded")
    func bounded() async throws {
        try await Self.withBench { bench in
            for number in 0..<60 {
                try bench.ask("n\(number).test")
                bench.pass(1)
                for (exchange, leg) in bench.openLegs {
                    if let socket = exchange.holds[leg].socket, !socket.isRetired { bench.engine.doubt(socket, 111) }
                }
            }
            #expect(bench.engine.routes[0][0].pool.retired.count <= 32)
            #expect(bench.ends.allSatisfy { $0 == 0 })
        }
    }

    @Test("a query longer than what is passed on is REFUSED and counted")
    func tooLong() async throws {
        let server = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query)] }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(server.port)")
        let limit = fixture.plugin.bounds.longestQuery
        let padding = EDNSOption(
            EDNSOptionCode(rawValue: 65_001), [UInt8](repeating: 0, count: max(0, limit - 20)))
        let question = Question(try Name(parsing: "a.test"), .A)
        let query = Message(id: 7, asking: question, edns: EDNS(options: [padding])).encoded()
        #expect(query.count > limit || limit == 65_535)
        guard query.count > limit else { return }
        let outcome = try #require(try await fixture.outcome(query, over: .tcp))
        #expect(outcome.reply.responseCode == .refused)
        #expect(
            fixture.metrics("needletail_forward_too_long_queries_total") == [
                "needletail_forward_too_long_queries_total 1"
            ])
        await fixture.retire()
    }
}

import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Queries that wait for upstreams")
struct ForwardWaitingTests {
    private static let places = 64

    /// An upstream that takes queries and never replies.
    private struct HungUpstream {
        private final class Tally: Sendable {
            let count = Atomic<Int>(0)
        }

        private let taken = Tally()
        private let datagrams: ScriptedDatagrams
        var port: Int { datagrams.port }

        init() async throws {
            datagrams = try await ScriptedDatagrams { [taken] _, _ in
                taken.count.add(1, ordering: .relaxed)
                return []
            }
        }

        /// Waits until it has got `count` queries since its start.
        func hasTaken(_ count: Int) async throws {
            try await TestSupport.wait(within: .seconds(60), for: "\(count) queries") {
                taken.count.load(ordering: .relaxed) >= count
            }
        }
    }

    private struct TooLate: Error {}

    /// Waits until `condition` holds, but not for ever.
    private func wait(until condition: () async -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while await !condition() {
            guard ContinuousClock.now < end else { throw TooLate() }
            await Task.yield()
        }
    }

    private func drops(_ fixture: ForwardFixture) -> [String] {
        fixture.metrics("needletail_dropped_queries_total{reason=\"oldest_waiting\"}")
    }

    @Test("The newest win: what a hung upstream holds is bounded, and the oldest makes room, without a reply")
    func newestWin() async throws {
        let upstream = try await HungUpstream()
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)", waiting: Self.places)
        try await withThrowingTaskGroup(of: (isOldest: Bool, code: ResponseCode?).self) { group in
            group.addTask { (true, try await fixture.outcome("oldest.test")?.reply.responseCode) }
            try await upstream.hasTaken(1)
            for number in 0..<Self.places {
                group.addTask { (false, try await fixture.outcome("n\(number).test")?.reply.responseCode) }
            }
            // The oldest ends though nothing was replied and no time has passed; all others still wait.
            let first = try #require(try await group.next())
            #expect(first.isOldest && first.code == nil)
            #expect(await fixture.waiting() == Self.places)
            #expect(drops(fixture) == ["needletail_dropped_queries_total{reason=\"oldest_waiting\"} 1"])
            await fixture.retire()
            for try await other in group { #expect(!other.isOldest && other.code == .serverFailure) }
        }
        #expect(await fixture.waiting() == 0)
    }

    @Test("Over TCP nobody asks again: a query that makes room fails")
    func streams() async throws {
        let upstream = try await HungUpstream()
        let fixture = try ForwardFixture(
            "forward . 127.0.0.1:\(upstream.port) {\nprefer_udp\n}", waiting: Self.places)
        let oldest = Task { try await fixture.outcome("oldest.test", over: .tcp) }
        try await upstream.hasTaken(1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.places { group.addTask { _ = try await fixture.outcome("n\(number).test") } }
            let outcome = try await oldest.value
            #expect(outcome?.reply.responseCode == .serverFailure)
            #expect(outcome?.reason == "given up for newer queries")
            await fixture.retire()
            try await group.waitForAll()
        }
    }

    @Test("An upstream that hangs takes no places from another one's queries")
    func separation() async throws {
        let hung = try await HungUpstream()
        // It replies when it has two queries, so that the first one is the oldest of all that wait.
        let good = try await ScriptedDatagrams(holding: 2)
        let fixture = try ForwardFixture(
            "forward hung.test 127.0.0.1:\(hung.port)\nforward . 127.0.0.1:\(good.port)", waiting: Self.places)
        let oldest = Task { try await fixture.outcome("one.example")?.reply.answers.count }
        try await wait { await fixture.waiting() == 1 }
        for number in 0..<(4 * Self.places) {
            let question = Question(try Name(parsing: "n\(number).hung.test"), .A)
            // All at once: none of them shall have failed before the last has come.
            fixture.begin(Message(id: 7, asking: question).encoded()) { _, _ in }
        }
        // Three quarters of them have made room for others.
        try await wait { drops(fixture).first?.hasSuffix(" \(3 * Self.places + 1)") == true }
        #expect(try await fixture.outcome("two.example")?.reply.answers.count == 1)
        #expect(try await oldest.value == 1)
        await fixture.retire()
    }

    @Test("A worker in which 2,000 queries wait answers local ones at once")
    func localAnswers() async throws {
        let hung = try await HungUpstream()
        let local = ScriptedPlugin.definition { query in
            guard query.type == .AAAA else { return .next }
            query.beginReply()
            return .reply
        }
        let bench = try PluginBench(
            ". {\nerratic\nforward . 127.0.0.1:\(hung.port)\n}\n", [local, ForwardPlugin.definition])
        for number in 0..<2_000 { #expect(try bench.ask("n\(number).test") == nil) }
        #expect(bench.worker.waiting.count == 2_000)
        // Nothing else runs here: the reply is there before `ask` returns or never.
        for number in 0..<100 { #expect(try bench.ask("n\(number).test", .AAAA)?.responseCode == .noError) }
        #expect(bench.worker.waiting.count == 2_000 && bench.worker.inFlight == 2_000)
        bench.retire()
        #expect(bench.worker.waiting.count == 0)
    }

    @Test("Places are given back with every way that a query can end")
    func ends() async throws {
        let good = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query)] }
        let dead = try await ScriptedDatagrams { _, _ in [] }
        try await dead.close()
        let fixture = try ForwardFixture(
            "forward a.test 127.0.0.1:\(good.port)\nforward b.test 127.0.0.1:\(dead.port) {\nmax_connect_attempts 1\n}",
            waiting: Self.places)
        for _ in 0..<(2 * Self.places) {
            #expect(try await fixture.ask("a.test").reply.responseCode == .noError)
            #expect(try await fixture.ask("b.test").reply.responseCode == .serverFailure)
        }
        #expect(fixture.worker.waitingCount.load(ordering: .relaxed) == 0)
        #expect(drops(fixture) == ["needletail_dropped_queries_total{reason=\"oldest_waiting\"} 0"])
        await fixture.retire()
    }
}

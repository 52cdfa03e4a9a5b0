import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Whatever happens, and in whatever order, every query ends once and leaves nothing behind")
struct ForwardStormTests {
    private static func reply(
        to query: Query, code: UInt8 = 0, isTruncated: Bool = false
    ) -> [UInt8] {
        var reply = ScriptedReply.answer(query.message.copy(), isTruncated: isTruncated)
        reply[3] = reply[3] & 0xF0 | code
        return reply
    }

    /// What an upstream may say to a query.
    private static func message(to query: Query, _ random: inout Chance) -> [UInt8] {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: reply(to: query, isTruncated: true)
        case 1: reply(to: query, code: 2)
        case 2: reply(to: query, code: 3)
        case 3: reply(to: query, code: 5)
        case 4: Array(query.message.copy()[..<2]) + [0x81, 0x85, 0, 0, 0, 0, 0, 0, 0, 0]
        case 5: query.message.copy()
        case 6: reply(to: query).dropLast(3)
        default: reply(to: query)
        }
    }

    private static let options = [
        "prefer_udp", "failover SERVFAIL REFUSED", "next NXDOMAIN", "max_concurrent 30", "max_connect_attempts 0",
        "max_connect_attempts 1", "failfast_all_unhealthy_upstreams", "policy sequential", "max_fails 0",
        "read_timeout 300ms", "expire 1s",
    ]

    private static func corefile(_ ports: [Int], _ random: inout Chance) -> String {
        let targets = ports.map { "127.0.0.1:\($0)" }.joined(separator: " ")
        let lines = (0..<2).map { _ in
            var chosen = options.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            if chosen.contains("max_connect_attempts 0") { chosen.removeAll { $0 == "max_connect_attempts 1" } }
            return "forward . \(targets) {\n\(chosen.joined(separator: "\n"))\n}"
        }
        return lines.joined(separator: "\n")
    }

    private static func happen(_ bench: ForwardBench, _ random: inout Chance) throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8:
            let number = Int.random(in: 0..<(Bool.random(using: &random) ? 3 : 1_000), using: &random)
            let timeLeft: UInt64? = Int.random(in: 0..<4, using: &random) == 0 ? 400_000_000 : nil
            let isTCP = Int.random(in: 0..<8, using: &random) == 0
            let edns: EDNS? =
                Int.random(in: 0..<6, using: &random) == 0
                ? EDNS(options: [EDNSOption(EDNSOptionCode(rawValue: 8))]) : nil
            try bench.ask("n\(number).test", over: isTCP ? .tcp : .udp, timeLeft: timeLeft, edns)
        case 8..<14:
            guard let (exchange, leg) = bench.openLegs.randomElement(using: &random), let query = exchange.query else {
                return
            }
            bench.receive(message(to: query, &random), exchange, leg)
        case 14..<16:
            guard let (exchange, leg) = bench.openLegs.randomElement(using: &random) else { return }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bench.engine.refuse(exchange, leg, .system(111))
            case 1: if let socket = exchange.holds[leg].socket { bench.engine.doubt(socket, 111) }
            default: if let socket = exchange.holds[leg].socket { bench.engine.burn(socket) }
            }
        case 16: bench.flush()
        case 17:
            let upstreams = bench.plugin.groups.flatMap(\.upstreams)
            guard let upstream = upstreams.randomElement(using: &random) else { return }
            if Bool.random(using: &random) { for _ in 0..<4 { upstream.fail() } } else { upstream.hear() }
        case 18: bench.worker.runMailbox()
        default: bench.pass(UInt64.random(in: 0...400_000_000, using: &random))
        }
    }

    @Test("events in any order, with queries that begin where others end", arguments: UInt64(1)...20)
    func events(_ seed: UInt64) async throws {
        var random = Chance(state: seed)
        var upstreams: [ScriptedDatagrams] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            upstreams.append(try await ScriptedDatagrams { _, _ in [] })
        }
        let bench = try ForwardBench(
            Self.corefile(upstreams.map(\.port), &random), waiting: Int.random(in: 1...20, using: &random))
        var more = 200
        bench.whenDone = {
            more -= 1
            guard more > 0, more % 3 == 0 else { return }
            do { try bench.ask("n\(more % 4).test") } catch { Issue.record(error) }
        }
        for step in 0..<1_000 {
            try Self.happen(bench, &random)
            // Tests beside this one have clocks that go on.
            if step % 100 == 0 { await Task.yield() }
        }
        bench.whenDone = nil
        if seed % 2 == 0 {
            for _ in 0..<400 { bench.pass(50_000_000) }
            #expect(bench.remains == [])
        }
        bench.retire()
        #expect(bench.remains == [])
        await bench.plugin.stop()
    }

    @Test("a query that makes room for itself, and ends by that, is not forgotten")
    func endsWhileMakingRoom() async throws {
        let silent = try await ScriptedDatagrams { _, _ in [] }
        let bench = try ForwardBench(
            "forward . 127.0.0.1:\(silent.port) {\nfailfast_all_unhealthy_upstreams\n}", waiting: 2)
        try bench.ask("a.test")
        try bench.ask("a.test")
        for _ in 0..<4 { bench.plugin.groups[0].upstreams[0].fail() }
        // The first has to go, nobody can be asked in its place, and so the others fail.
        try bench.ask("a.test")
        #expect(bench.ends == [1, 1, 1])
        #expect(bench.remains == [])
        bench.retire()
    }

    @Test("a flood for one name does not have every query ask, though the oldest are given up")
    func flood() async throws {
        let silent = try await ScriptedDatagrams { _, _ in [] }
        let bench = try ForwardBench("forward . 127.0.0.1:\(silent.port)", waiting: 64)
        for _ in 0..<640 { try bench.ask("a.test") }
        #expect(bench.ends.count { $0 == 1 } == 576)
        // The newest has taken over each time that the one that asked was given up.
        let asked = bench.sum("coredns_forward_requests_total")
        #expect((10...11).contains(asked))
        bench.retire()
        #expect(bench.remains == [])
    }

    @Test("the time of many who wait for the same is up at once, after a pause of the worker")
    func stall() async throws {
        let silent = try await ScriptedDatagrams { _, _ in [] }
        let bench = try ForwardBench("forward . 127.0.0.1:\(silent.port)", waiting: 1_000)
        for _ in 0..<1_000 { try bench.ask("a.test") }
        bench.pass(10_000_000_000)
        #expect(bench.remains == [])
        bench.retire()
    }

    /// An upstream that loses some queries, answers some later than others, and refuses some.
    private final class Moody: Sendable {
        private let state = Mutex((random: Chance(state: 7), held: [ScriptedDatagrams.Datagram]()))

        func take(_ query: ScriptedDatagrams.Datagram) -> [ScriptedDatagrams.Datagram] {
            state.withLock { state in
                var replies: [ScriptedDatagrams.Datagram] = []
                switch Int.random(in: 0..<10, using: &state.random) {
                case 0: break
                case 1..<4: state.held.append(query)
                case 4:
                    var refusal = ScriptedReply.answer(query.octets, isTruncated: true)
                    refusal[2] &= ~0x02
                    refusal[3] = refusal[3] & 0xF0 | 5
                    replies.append((refusal, query.port))
                default: replies.append((ScriptedReply.answer(query.octets), query.port))
                }
                if state.held.count > 3 {
                    let late = state.held.remove(at: Int.random(in: 0..<state.held.count, using: &state.random))
                    replies.append((ScriptedReply.answer(late.octets), late.port))
                }
                return replies
            }
        }
    }

    /// How often each query has ended, and what was wrong with replies.
    private final class Ends: Sendable {
        let counts: Mutex<[Int]>
        let mistakes = Mutex<[String]>([])

        init(_ count: Int) {
            counts = Mutex(Array(repeating: 0, count: count))
        }

        var done: Int { counts.withLock { $0.count { $0 > 0 } } }

        func end(_ number: Int, _ name: String, _ octets: [UInt8]?) {
            counts.withLock { $0[number] += 1 }
            guard let octets else { return }
            guard let reply = try? Message(decoding: octets.span), reply.id == UInt16(truncatingIfNeeded: number),
                reply.questions.map(\.name.text) == [name + "."],
                reply.answers.allSatisfy({ $0.owner.text == name + "." })
            else { return mistakes.withLock { $0.append("\(number) \(name): \(octets)") } }
        }
    }

    @Test("two workers ask the same and other things of moody upstreams, and end in the middle of it")
    func workers() async throws {
        let moody = Moody()
        let one = try await ScriptedDatagrams(script: { moody.take($0) })
        let two = try await ScriptedDatagrams(script: { moody.take($0) })
        let dead = try await ScriptedDatagrams { _, _ in [] }
        try await dead.close()
        let line = "forward . 127.0.0.1:\(one.port) 127.0.0.1:\(dead.port) 127.0.0.1:\(two.port) {\n"
        let fixture = try ForwardFixture(
            line + "failover REFUSED\nnext REFUSED\n}\n" + line + "max_concurrent 300\n}", waiting: 400, workers: 2)
        let total = 6_000
        let ends = Ends(total)
        var random = Chance(state: 3)
        for number in 0..<total {
            let name = "n\(Int.random(in: 0..<(number % 2 == 0 ? 4 : 2_000), using: &random)).test"
            let question = Question(try Name(parsing: name), .A)
            let octets = Message(id: UInt16(truncatingIfNeeded: number), asking: question).encoded()
            fixture.begin(octets, of: number % 2) { reply, _ in ends.end(number, name, reply) }
            if number % 50 == 49 {
                try await wait(within: .seconds(60), for: "some replies") { number + 1 - ends.done < 300 }
            }
        }
        await fixture.retire()
        try await wait(within: .seconds(60), for: "all queries to end") { ends.done == total }
        #expect(ends.counts.withLock { $0.allSatisfy { $0 == 1 } })
        #expect(ends.mistakes.withLock(\.self) == [])
        #expect(fixture.plugin.groups.allSatisfy { $0.flights.count == 0 })
        #expect(await fixture.waiting(in: 0) == 0)
        #expect(await fixture.waiting(in: 1) == 0)
        // All 300 places are free.
        #expect((0..<300).allSatisfy { _ in fixture.plugin.groups[1].admit() })
    }

    @Test("who waits for a query of another worker asks itself when that worker ends")
    func endOfAnotherWorker() async throws {
        let isOpen = Mutex(false)
        let upstream = try await ScriptedDatagrams { query, _ in
            isOpen.withLock(\.self) ? [ScriptedReply.answer(query)] : []
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)", workers: 2)
        async let first = fixture.ask("a.test", of: 0)
        try await wait(within: .seconds(60), for: "the first") { await fixture.waiting(in: 0) == 1 }
        async let second = fixture.ask("a.test", of: 1)
        try await wait(within: .seconds(60), for: "the second") { await fixture.waiting(in: 1) == 1 }
        await fixture.retire(worker: 0)
        isOpen.withLock { $0 = true }
        #expect(try await first.reply.responseCode == .serverFailure)
        #expect(try await second.reply.answers.count == 1)
        await fixture.retire()
    }
}

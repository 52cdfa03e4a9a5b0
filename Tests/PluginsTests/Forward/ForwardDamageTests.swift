import Basics
import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Replies that are damaged, and what goes with a query")
struct ForwardDamageTests {
    /// What was asked of an upstream; probes, which ask for the root, do not count.
    private final class Seen: Sendable {
        let queries = Mutex<[[UInt8]]>([])

        func add(_ query: [UInt8]) {
            if query[12] != 0 { queries.withLock { $0.append(query) } }
        }

        var count: Int { queries.withLock(\.count) }
    }

    private static func many(_ query: [UInt8], _ count: UInt32) -> [UInt8] {
        guard var message = try? Message(decoding: query.span), let name = message.questions.first?.name else {
            return []
        }
        message.flags.isResponse = true
        message.answers = (0..<count).map { Record(name, .A, ttl: 60, .a(IPAddress(ipv4: $0))) }
        message.edns = nil
        return message.encoded()
    }

    @Test("60 records that are cut at 507 octets without TC get TC at once: the asker comes back over TCP")
    func cut() async throws {
        let seen = Seen()
        let upstream = try await ScriptedDatagrams { query, _ in
            seen.add(query)
            return [Array(Self.many(query, 60).prefix(507))]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.flags.isTruncated && outcome.reply.responseCode == .noError)
        #expect(outcome.reply.answers.count == 30)
        #expect(seen.count == 1)
        await fixture.retire()
    }

    @Test("prefer_udp: what is cut is asked for over TCP at once")
    func cutPreferUDP() async throws {
        let stream = try await ScriptedStream { _, _, query in [.send(Self.many(query, 60))] }
        let upstream = try await ScriptedDatagrams(port: stream.port) { query, _ in
            [Array(Self.many(query, 60).prefix(507))]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port) {\nprefer_udp\n}")
        let outcome = try await fixture.ask("a.test", over: .tcp)
        #expect(!outcome.reply.flags.isTruncated && outcome.reply.answers.count == 60)
        await fixture.retire()
    }

    @Test("RFC 1035 §3.4.1: an address of three octets is not passed on: TCP is asked at once")
    func damagedThenTCP() async throws {
        let seen = Seen()
        let stream = try await ScriptedStream { _, _, query in [.send(ScriptedReply.answer(query))] }
        let upstream = try await ScriptedDatagrams(port: stream.port) { query, _ in
            seen.add(query)
            return [ScriptedReply.damaged(query)]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.answers.map(\.text) == ["a.test. 60 IN A 192.0.2.1"])
        #expect(seen.count == 1)
        #expect(fixture.count("needletail_forward_ignored_replies_total", "malformed") == 1)
        await fixture.retire()
    }

    @Test("RFC 8914 §4.24: where nothing else comes the failure is told at once, with the reason")
    func damagedOnly() async throws {
        let seen = Seen()
        let upstream = try await ScriptedDatagrams { query, _ in
            seen.add(query)
            return [ScriptedReply.damaged(query)]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port) {\nmax_fails 0\n}")
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reply.edns?.options == [EDNSOption(.extendedError, [0, 23])])
        #expect(seen.count == 1)
        await fixture.retire()
    }

    @Test(
        "RFC 5936 §2.2: a zone transfer is refused, since one message of it would be passed on", arguments: [251, 252])
    func transfers(type: UInt16) async throws {
        let seen = Seen()
        let upstream = try await ScriptedDatagrams { query, _ in
            seen.add(query)
            return [ScriptedReply.answer(query)]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let question = Question(try Name(parsing: "a.test"), RecordType(rawValue: type))
        let query = Message(id: 7, asking: question, edns: EDNS()).encoded()
        let reply = try #require(try await fixture.outcome(query)).reply
        #expect(reply.responseCode == .refused)
        #expect(reply.edns?.options == [EDNSOption(.extendedError, [0, 21])])
        #expect(seen.count == 0)
        await fixture.retire()
    }

    @Test("RFC 7873 §5, RFC 7830 §3: cookies and padding end here, and what the upstream does not say is not said")
    func options() async throws {
        let seen = Seen()
        let upstream = try await ScriptedDatagrams { query, _ in
            seen.add(query)
            guard var reply = try? Message(decoding: ScriptedReply.answer(query).span) else { return [] }
            reply.edns = EDNS(options: [
                EDNSOption(.cookie, [UInt8](repeating: 1, count: 16)), EDNSOption(.extendedError, [0, 4]),
            ])
            return [reply.encoded()]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        let sent = [
            EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8]), EDNSOption(.nsid), EDNSOption(.padding, [0, 0, 0]),
            EDNSOption(EDNSOptionCode(rawValue: 65_001), [1, 2]), EDNSOption(.tcpKeepalive),
        ]
        let query = Message(id: 7, asking: Question(try Name(parsing: "a.test"), .A), edns: EDNS(options: sent))
        let reply = try #require(try await fixture.outcome(query.encoded())).reply
        #expect(reply.edns?.options == [EDNSOption(.extendedError, [0, 4])])
        let first = seen.queries.withLock(\.first)
        let passed = try #require(first)
        #expect(try Message(decoding: passed.span).edns?.options == [sent[1], sent[3]])
        #expect(try Message(decoding: passed.span).trailingLength == 0)
        await fixture.retire()
    }

    @Test("RFC 6298 §5.5: an upstream that takes half a second is soon sent each question once, and prefetches too")
    func slow() throws {
        let bench = try ForwardBench("forward . 127.0.0.1:9 {\nmax_fails 0\n}", waiting: 16)
        for number in 0..<40 {
            try bench.ask("n\(number).test")
            bench.flush()
            for _ in 0..<50 {
                bench.pass(10_000_000)
                bench.flush()
            }
            let (exchange, leg) = try #require(bench.openLegs.first)
            let query = try #require(exchange.query)
            bench.receive(ScriptedReply.answer(query.message.copy()), exchange, leg)
        }
        #expect(bench.sum("needletail_forward_repeats_total") <= 3)
        #expect(bench.ends.allSatisfy { $0 == 1 })
        bench.retire()
        #expect(bench.remains.isEmpty)
    }
}

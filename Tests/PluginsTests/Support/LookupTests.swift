import Corefile
import DNSWire
import Synchronization
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

/// What a plugin asks the server itself, seen by the plugin that answers it.
@Suite("Inner lookups")
struct LookupTests {
    /// How a query reached the last plugin.
    private struct Arrival: Equatable {
        var transport: Query.Transport
        var limit: Int
        var payloadSize: UInt16?
        var dnssecOK: Bool
        var options: Int
        var recordClass: RecordClass
        var isOwn: Bool
    }

    private final class Seen: Sendable {
        let arrivals = Mutex<[Arrival]>([])

        func note(_ query: Query) {
            let arrival = Arrival(
                transport: query.transport, limit: query.replyLimit, payloadSize: query.edns?.payloadSize,
                dnssecOK: query.dnssecOK, options: query.edns?.optionsLength ?? 0, recordClass: query.recordClass,
                isOwn: query.isOwn)
            arrivals.withLock { $0.append(arrival) }
        }
    }

    struct Asker: Sendable, CustomTestStringConvertible {
        var transport: Query.Transport
        var edns: EDNS?
        var recordClass = RecordClass.IN
        var testDescription: String { "\(transport) \(edns?.payloadSize ?? 0) \(recordClass)" }
    }

    @Test(
        "an inner lookup has the asker's transport, payload size and limits and the alias's class; nobody outside asks it",
        arguments: [
            Asker(transport: .udp), Asker(transport: .tcp), Asker(transport: .udp, edns: EDNS(payloadSize: 1_232)),
            Asker(transport: .udp, edns: EDNS(payloadSize: 65_535, dnssecOK: true)),
            Asker(
                transport: .tcp,
                edns: EDNS(payloadSize: 4_096, options: [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])])),
            Asker(transport: .udp, recordClass: .CH), Asker(transport: .udp, recordClass: .ANY),
        ])
    func likeTheAsker(_ asker: Asker) async throws {
        let (seen, target) = (Seen(), try Name(parsing: "b.example"))
        let bench = try PluginBench(
            ". {\nerratic\n}\n",
            [
                ScriptedPlugin.definition(acceptsAllClasses: true) { query in
                    seen.note(query)
                    query.beginReply()
                    guard query.ownedName != target else { return .reply }
                    return .wait { query in
                        _ = await query.lookup(target, .A, query.recordClass == .ANY ? .IN : query.recordClass)
                        query.beginReply()
                        return .reply
                    }
                }
            ])
        let reply = try await bench.askOnWorker(
            "a.example", recordClass: asker.recordClass, edns: asker.edns, transport: asker.transport)
        #expect(reply?.responseCode == .noError)
        let arrivals = seen.arrivals.withLock { $0 }
        var expected = try #require(arrivals.first)
        #expect(arrivals.count == 2 && !expected.isOwn)
        // What concerns the way between two hosts alone is not passed on.
        (expected.isOwn, expected.options) = (true, 0)
        if expected.recordClass == .ANY { expected.recordClass = .IN }
        #expect(arrivals.last == expected)
    }

    /// A block whose only plugin looks up as many other names for each query.
    private static func bench(fanOut: Int, size: Int = 1, _ seen: Seen, isLate: Bool = false) throws -> PluginBench {
        try PluginBench(
            ". {\nerratic\n}\n",
            [
                ScriptedPlugin.definition { query in
                    seen.note(query)
                    if isLate { query.deadline = query.now }
                    return .wait { query in
                        for number in 0..<fanOut {
                            _ = await query.lookup(Name(uncheckedWire: [1, UInt8(97 + number), 0]), .A)
                        }
                        query.beginReply()
                        for _ in 0..<size { query.appendAddress() }
                        return .reply
                    }
                }
            ])
    }

    @Test(
        "a name that leads to eight, each of which leads to eight more, costs its asker 64 lookups and not eight to the eighth"
    )
    func fanOut() async throws {
        let seen = Seen()
        let bench = try Self.bench(fanOut: 8, seen)
        #expect(try await bench.askOnWorker("a.example")?.responseCode == .noError)
        #expect(seen.arrivals.withLock { $0.count } == 1 + LookupAllowance.lookups)
        #expect(bench.metrics.total(bench.worker.counters.refusedLookups) > 0)
    }

    @Test("what lookups bring is bounded for one asker in octets")
    func octets() async throws {
        let seen = Seen()
        let bench = try Self.bench(fanOut: 2, size: 3_500, seen)
        #expect(try await bench.askOnWorker("a.example", transport: .tcp)?.responseCode == .noError)
        // Each brings 56,000 octets and more.
        #expect((2...16).contains(seen.arrivals.withLock { $0.count }))
    }

    @Test("no name is followed when the asker's time is up, though it could be answered from here at once")
    func late() async throws {
        let seen = Seen()
        let bench = try Self.bench(fanOut: 3, seen, isLate: true)
        _ = try await bench.askOnWorker("a.example")
        #expect(seen.arrivals.withLock { $0.count } == 1)
    }

    @Test(
        "what ends an alias for one asker alone is kept for nobody: its depth, its allowance, its time",
        arguments: [
            (nil, false), (QueryFailure.deadlineExceeded, false), (QueryFailure(.serverFailure, "no room"), false),
            (QueryFailure(.serverFailure, "i/o timeout", .noReachableAuthority), true),
        ] as [(QueryFailure?, Bool)])
    func keptForNobody(_ failure: QueryFailure?, _ isShareable: Bool) throws {
        let fixture = try CacheFixture()
        let query = fixture.worker.takeQuery()
        let message = try CacheBench.question("a.test").encoded()
        query.take(message.span)
        #expect(query.admit() == .admitted)
        query.beginReply()
        var end = AliasEnd()
        let lookup = failure.map {
            Lookup(
                responseCode: .serverFailure, flags: .init(rawValue: 0), failure: $0, message: message,
                isShareable: true, isUnserved: false)
        }
        #expect(end.follow(lookup, in: query) == .serverFailure)
        #expect(query.isShareable == isShareable)
    }

    @Test("a lookup that was given up for want of room says nothing of its name either")
    func dropped() throws {
        let fixture = try CacheFixture()
        let query = fixture.worker.takeQuery()
        query.take(try CacheBench.question("a.test").encoded().span)
        #expect(query.admit() == .admitted)
        query.beginReply()
        var end = AliasEnd()
        let lookup = Lookup(
            responseCode: .noError, flags: .init(rawValue: 0), failure: nil, message: [], isShareable: true,
            isUnserved: false)
        #expect(end.follow(lookup, in: query) == .serverFailure && !query.isShareable)
    }
}

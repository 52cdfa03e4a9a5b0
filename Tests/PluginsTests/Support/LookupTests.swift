import Corefile
import DNSWire
import Synchronization
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
}

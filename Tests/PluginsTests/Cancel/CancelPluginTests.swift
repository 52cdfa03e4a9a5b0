import Corefile
import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("cancel")
struct CancelPluginTests {
    /// The time that a query has from when it came, in nanoseconds; nil when it has no deadline.
    private func time(_ directive: String) throws -> UInt64? {
        final class Seen: Sendable {
            let time = Atomic<UInt64>(0)
        }
        let seen = Seen()
        let bench = try PluginBench(
            ". {\n\(directive)\nerratic\n}\n",
            [
                CancelPlugin.definition,
                ScriptedPlugin.definition { query in
                    seen.time.store(
                        query.deadline == .max ? 0 : query.deadline - query.arrival, ordering: .relaxed)
                    query.beginReply()
                    return .reply
                },
            ])
        #expect(try bench.ask("a.example")?.responseCode == .noError)
        let time = seen.time.load(ordering: .relaxed)
        return time == 0 ? nil : time
    }

    @Test(
        "a query has so much time from when it came",
        arguments: [
            ("cancel", 5_001_000_000), ("cancel 1s", 1_000_000_000), ("cancel 20ms", 20_000_000),
            ("cancel 1s\ncancel 2s", 2_000_000_000), ("", nil),
        ] as [(String, UInt64?)])
    func deadline(_ directive: String, _ expected: UInt64?) throws {
        #expect(try time(directive) == expected)
    }

    @Test("the plugins behind see it; what a query asks has no later deadline than the query")
    func lookups() async throws {
        final class Seen: Sendable {
            let deadlines = Mutex<[UInt64]>([])
        }
        let seen = Seen()
        let target = try Name(parsing: "b.example")
        let bench = try PluginBench(
            ". {\ncancel 3s\nerratic\n}\n",
            [
                CancelPlugin.definition,
                ScriptedPlugin.definition { query in
                    seen.deadlines.withLock { $0.append(query.deadline) }
                    query.beginReply()
                    guard query.ownedName != target else { return .reply }
                    return .wait { query in
                        _ = await query.lookup(target, .A)
                        query.beginReply()
                        return .reply
                    }
                },
            ])
        #expect(try await bench.askOnWorker("a.example")?.responseCode == .noError)
        let deadlines = seen.deadlines.withLock { $0 }
        #expect(deadlines.count == 2 && deadlines.first == deadlines.last && deadlines.first != .max)
    }

    @Test("a query that waits ends with SERVFAIL when its time is up")
    func end() async throws {
        final class Waiting: QueryHandler, TimerTarget {
            private var query: Query?

            func handle(_ query: Query) -> Verdict {
                self.query = query
                _ = query.worker.schedule(after: query.timeLeft, self, token: 0)
                return .parked
            }

            func timerFired(token: UInt64, worker: Worker) {
                query?.resume(.fail(.deadlineExceeded))
            }
        }
        let bench = try PluginBench(
            ". {\ncancel 10ms\nforward\n}\n",
            [
                CancelPlugin.definition,
                PluginDefinition("forward") { _, _ in HandlerPlugin("forward") { _ in Waiting() } },
            ])
        #expect(try await bench.askOnWorker("a.example")?.responseCode == .serverFailure)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("cancel 5", #"invalid duration: "5""#), ("cancel soon", #"invalid duration: "soon""#),
            ("cancel 0s", #"invalid negative duration: "0s""#), ("cancel -1s", #"invalid negative duration: "-1s""#),
            ("cancel 1s 2s", "Wrong argument count or unexpected line ending after '2s'"),
            ("cancel {\n}", "Unexpected token '{', expecting argument"), ("cancel", nil), ("cancel 1h", nil),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, CancelPlugin.definition) == message)
    }

    @Test("a mistake has its place and a hint")
    func place() throws {
        do {
            _ = try PluginBench(". {\n  cancel 5\n}\n", [CancelPlugin.definition])
            Issue.record("no mistake")
        } catch let error as ConfigurationError {
            #expect(error.line == 2 && error.column == 10 && error.plugin == "cancel" && error.hint != nil)
        }
    }
}

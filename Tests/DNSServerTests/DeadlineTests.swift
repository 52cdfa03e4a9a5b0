import DNSWire
import TestSupport
import Testing

@testable import DNSServer

@Suite("The deadline of a query")
struct DeadlineTests {
    /// Keeps queries until their deadline, as a plugin does that waits for something that never comes.
    private final class Waiting: QueryHandler, TimerTarget {
        private var parked: [UInt64: Query] = [:]

        func handle(_ query: Query) -> Verdict {
            guard !query.isLate else { return .fail(.deadlineExceeded) }
            let token = UInt64(parked.count)
            parked[token] = query
            _ = query.worker.schedule(after: query.timeLeft, self, token: token)
            return .parked
        }

        func timerFired(token: UInt64, worker: Worker) {
            guard let query = parked.removeValue(forKey: token) else { return }
            #expect(query.isLate)
            query.resume(.fail(.deadlineExceeded))
        }
    }

    /// What becomes of a query for `name` in a worker of its own.
    private func ask(
        _ name: String, _ handlers: @escaping @Sendable () -> [any QueryHandler]
    ) async throws -> (code: ResponseCode, reason: String) {
        let worker = try makeWorker()
        try worker.start()
        defer { worker.execute { $0.stop() } }
        let message = try queryMessage(name)
        return try await outcome(of: "a reply") { teller in
            worker.execute { worker in
                guard let chain = try? makeChain(handlers()) else { return }
                let (query, table) = (worker.takeQuery(), BlockTable([(.root, chain)]))
                query.take(message.span)
                query.arrival = worker.now
                query.origin = Origin(table) { teller.tell(($0.responseCode, $0.failure?.reason ?? "")) }
                worker.process(query, table)
            }
        }
    }

    private final class Origin: QueryOrigin {
        /// Kept as long as the query is on its way.
        private let table: BlockTable
        private let done: (Query) -> Void

        init(_ table: BlockTable, _ done: @escaping (Query) -> Void) {
            self.table = table
            self.done = done
        }

        func complete(_ query: Query) { done(query) }
    }

    /// Gives queries for one name so many milliseconds.
    private static func limiting(_ name: String, to milliseconds: UInt64) -> ScriptedHandler {
        ScriptedHandler(handle: { query in
            if query.ownedName.text == name { query.deadline = query.arrival + milliseconds * 1_000_000 }
            return .next
        })
    }

    @Test("A plugin that keeps a query ends at the deadline")
    func parked() async throws {
        let result = try await ask("a.example") { [Self.limiting("a.example.", to: 20), Waiting()] }
        #expect(result == (.serverFailure, "context deadline exceeded"))
    }

    @Test("A lookup has the deadline of the query that asks, so that a task that waits for one ends in time")
    func lookup() async throws {
        let target = try Name(parsing: "b.example")
        let result = try await ask("a.example") {
            [
                Self.limiting("a.example.", to: 20),
                ScriptedHandler(handle: { query in
                    guard query.ownedName.text == "a.example." else { return .next }
                    return .wait { query in
                        let lookup = await query.lookup(target, .A)
                        #expect(lookup?.failure?.reason == "context deadline exceeded")
                        return .fail(QueryFailure(.refused, "the lookup ended"))
                    }
                }),
                Waiting(),
            ]
        }
        #expect(result == (.refused, "the lookup ended"))
    }

    @Test("So has a query for another name through the rest of the chain")
    func rest() async throws {
        let target = try Name(parsing: "b.example")
        let result = try await ask("a.example") {
            [
                Self.limiting("a.example.", to: 20),
                ScriptedHandler(handle: { query in
                    .wait { query in
                        let rest = query.runRest(as: target)
                        await rest?.wait()
                        return .fail(QueryFailure(.refused, rest?.failure?.reason ?? "none"))
                    }
                }),
                Waiting(),
            ]
        }
        #expect(result == (.refused, "context deadline exceeded"))
    }

    @Test("A query that is late does not begin to wait")
    func late() async throws {
        let result = try await ask("a.example") {
            [
                Self.limiting("a.example.", to: 0),
                ScriptedHandler(handle: { _ in
                    .wait { _ in
                        Issue.record("it waited")
                        return .drop
                    }
                }),
            ]
        }
        #expect(result == (.serverFailure, "context deadline exceeded"))
    }
}

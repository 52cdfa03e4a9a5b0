package import DNSWire
import Foundation
import Synchronization

/// Clients that ask one question over and over, each with one query under way, and count what becomes of them.
///
/// A client ends when it is told to, or when the kernel says that nobody listens at the port any more.
package final class QueryLoad: Sendable {
    /// What became of the queries.
    package struct Tally: Sendable, Equatable {
        /// Answered with NOERROR and at least one record.
        package var answered = 0
        /// Answered with anything else.
        package var wrong = 0
        /// Sent while there was a listener, and never answered.
        package var lost = 0
        /// Clients that found nobody listening.
        package var refused = 0
    }

    private struct State {
        var tally = Tally()
        var running = 0
        var isStopping = false
    }

    private let state = Mutex(State())
    private let clients: Int
    private let patience: Duration

    /// Starts the clients.
    ///
    /// - Parameter patience: how long a client waits for its answer before it counts the query as lost.
    package init(asking question: Question, port: Int, clients: Int = 8, patience: Duration = .seconds(3)) {
        self.clients = clients
        self.patience = patience
        state.withLock { $0.running = clients }
        for client in 0..<clients {
            Thread.detachNewThread { [self] in
                run(Message(id: UInt16(client) << 12, asking: question).encoded(), port: port)
                state.withLock { $0.running -= 1 }
            }
        }
    }

    /// The counts so far.
    package var tally: Tally { state.withLock { $0.tally } }

    /// Waits until so many more queries were answered.
    package func waitForAnswers(_ count: Int) async throws {
        let goal = tally.answered + count
        try await wait(for: "\(count) answers more; so far: \(tally)") { tally.answered >= goal }
    }

    /// Tells the clients to stop, and gives the final counts.
    package func stop() async throws -> Tally {
        state.withLock { $0.isStopping = true }
        return try await untilAllHaveEnded()
    }

    /// Waits until every client has found the listener gone, and gives the final counts.
    package func untilAllHaveEnded() async throws -> Tally {
        try await wait(within: .seconds(30), for: "the end of \(clients) clients") {
            state.withLock { $0.running } == 0
        }
        return tally
    }

    private func run(_ query: [UInt8], port: Int) {
        guard let socket = try? LoopbackSocket(.datagram, connectedTo: port) else { return }
        var query = query
        var number: UInt16 = 0
        while !state.withLock({ $0.isStopping }) {
            number = (number + 1) % 4_096
            query[0] = query[0] & 0xF0 | UInt8(number >> 8)
            query[1] = UInt8(number & 0xFF)
            do throws(LoopbackSocket.Failure) {
                let reply = try exchange(query, socket)
                state.withLock { Self.count(reply, in: &$0.tally) }
            } catch {
                state.withLock { if error.isRefusal { $0.tally.refused += 1 } else { $0.tally.lost += 1 } }
                return
            }
        }
    }

    private func exchange(_ query: [UInt8], _ socket: LoopbackSocket) throws(LoopbackSocket.Failure) -> [UInt8]? {
        try socket.send(query)
        while let reply = try socket.receive(within: patience) {
            if reply.prefix(2) == query.prefix(2) { return reply }
        }
        return nil
    }

    private static func count(_ reply: [UInt8]?, in tally: inout Tally) {
        guard let reply else { return tally.lost += 1 }
        let hasAnswer = reply.count > 12 && reply[3] & 0xF == 0 && (reply[6] | reply[7]) != 0
        if hasAnswer { tally.answered += 1 } else { tally.wrong += 1 }
    }
}

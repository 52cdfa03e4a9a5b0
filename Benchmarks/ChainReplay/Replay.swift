import CReplayKernel
import DNSServer
import DNSWire
import TestSupport

/// A number of queries of one shape, answered by the server.
struct Replay: Sendable {
    let shape: Shape
    /// Allocations made for each query on purpose.
    var wasted = 0

    /// Has the server answer so many of the shape's queries, of which `batch` have arrived each time the worker looks.
    ///
    /// - Throws: ``ReplayFailure`` when a reply is missing or wrong.
    func run(on server: ReplayServer, queries: Int, batch: Int) async throws -> Figures {
        let script = try Script(shape)
        let port = server.port(of: shape.block)
        guard script.begin(port: port, queries: queries, batch: batch, wasted: wasted) else {
            throw ReplayFailure("another script is being played")
        }
        // Wakes the worker up, so that it looks at its sockets.
        server.server.workers[0].execute { _ in }
        let result = try await onThread {
            var result = replay_result()
            unsafe replay_wait(&result)
            return result
        }
        withExtendedLifetime(script) {}
        try check(result, of: queries)
        let count = Double(queries)
        return Figures(
            name: name, queries: queries, nanoseconds: Double(result.nanoseconds) / count,
            allocations: Double(result.allocations) / count, octets: Double(result.octets) / count)
    }

    /// The shape, with what is wasted in it.
    private var name: String { wasted > 0 ? "\(shape.rawValue)+\(wasted)" : shape.rawValue }

    private func check(_ result: replay_result, of queries: Int) throws {
        guard result.lost > 0 || result.wrong > 0 || result.replies != UInt64(queries) else { return }
        throw ReplayFailure(
            "\(name): of \(queries) queries \(result.replies) were answered, \(result.wrong) of them wrongly; the first reply:\n"
                + Self.firstReply(result))
    }

    private static func firstReply(_ result: replay_result) -> String {
        let octets = unsafe withUnsafeBytes(of: result.first) { unsafe Array($0.prefix(Int(result.first_length))) }
        return (try? Message(decoding: octets.span))?.text ?? "no reply that could be read"
    }
}

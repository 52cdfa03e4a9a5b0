import CReplayKernel
import DNSServer
import DNSWire
import TestSupport

/// What one run has shown.
struct Figures: Sendable {
    let shape: Shape
    let queries: Int
    let nanoseconds: Double
    let allocations: Double
    /// Octets of a reply.
    let octets: Double

    /// The heading of ``line``.
    static let heading = "shape\tqueries\tns/query\tallocations/query\toctets/reply"

    /// Columns parted by tabulators.
    var line: String {
        "\(shape.rawValue)\t\(queries)\t\(Self.rounded(nanoseconds, 1))\t\(Self.rounded(allocations, 4))\t"
            + Self.rounded(octets, 1)
    }

    private static func rounded(_ value: Double, _ places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
        return "\((value * scale).rounded() / scale)"
    }
}

/// A number of queries of one shape, answered by the server.
struct Replay {
    var queries: Int
    /// Queries that have arrived each time the worker looks.
    var batch: Int
    /// Allocations made for each query on purpose.
    var wasted: Int

    /// Has the server answer the shape's queries.
    ///
    /// - Throws: ``ReplayFailure`` when a reply is missing or wrong.
    func run(_ shape: Shape, on server: ReplayServer) async throws -> Figures {
        let script = try Script(shape)
        let port = shape.isUncached ? server.uncachedPort : server.port
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
        try check(result, shape)
        let count = Double(queries)
        return Figures(
            shape: shape, queries: queries, nanoseconds: Double(result.nanoseconds) / count,
            allocations: Double(result.allocations) / count, octets: Double(result.octets) / count)
    }

    private func check(_ result: replay_result, _ shape: Shape) throws {
        guard result.lost > 0 || result.wrong > 0 || result.replies != UInt64(queries) else { return }
        throw ReplayFailure(
            "\(shape.rawValue): of \(queries) queries \(result.replies) were answered, \(result.wrong) of them wrongly\n"
                + Self.firstReply(result))
    }

    private static func firstReply(_ result: replay_result) -> String {
        let octets = unsafe withUnsafeBytes(of: result.first) { unsafe Array($0.prefix(Int(result.first_length))) }
        return (try? Message(decoding: octets.span))?.text ?? "no reply that could be read"
    }
}

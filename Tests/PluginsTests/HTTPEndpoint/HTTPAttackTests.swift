import Corefile
import Glibc
import Telemetry
import TestSupport
import Testing

@testable import Plugins

/// What anyone in the cluster may do to the ports of `health`, `ready` and `prometheus`.
@Suite("HTTP endpoints under attack", .serialized)
struct HTTPAttackTests {
    private final class Owner {}

    /// A page of some 300 kB, as that of a large cluster.
    private static let body = [UInt8](repeating: 0x61, count: 300_000)

    private func withEndpoint(
        _ limits: HTTPLimits = HTTPLimits(), _ body: (Int, MetricsRegistry) async throws -> Void
    ) async throws {
        let (metrics, owner) = (MetricsRegistry(), Owner())
        let endpoint = HTTPEndpoint(HostPort(host: "127.0.0.1", port: 0), limits, try HTTPCounts(metrics))
        endpoint.addRoute("/health", owner: owner) { HTTPReply("OK") }
        endpoint.addRoute(
            "/metrics", owner: owner, sharing: SharedPage { HTTPReply(status: 200, contentType: "x", body: Self.body) })
        try await endpoint.open(for: "health")
        let port = try #require(endpoint.boundAddress).port
        try await body(port, metrics)
        await endpoint.close()
        withExtendedLifetime(owner) {}
    }

    private func count(_ reason: String, _ metrics: MetricsRegistry) -> Int {
        let series = #"needletail_http_connections_closed_total{reason="\#(reason)"} "#
        let line = String(decoding: metrics.exposition(.prometheus), as: UTF8.self)
            .split(separator: "\n").first { $0.hasPrefix(series) }
        return line.flatMap { Int($0.dropFirst(series.count)) } ?? -1
    }

    /// Probes as the kubelet does, over a new connection each time.
    private func expectProbes(_ port: Int, _ number: Int, during attack: String) async throws {
        for _ in 0..<number {
            let start = ContinuousClock.now
            let answer = try await HTTPProbe.get(
                "/health", at: HostPort(host: "127.0.0.1", port: port), timeout: .seconds(5))
            #expect(answer.status == 200)
            // Beside hundreds of other tests; the tests of the whole server hold it to a second.
            #expect(ContinuousClock.now - start < .seconds(4), "\(attack)")
        }
    }

    @Test("200 connections that say nothing, or begin a request, keep no probe out", arguments: ["", "GET /heal"])
    func slowSenders(_ beginning: String) async throws {
        try await withEndpoint { port, metrics in
            let sockets = try await onThread {
                try (0..<200).map { _ in
                    let socket = try LoopbackSocket(.stream, connectedTo: port)
                    if !beginning.isEmpty { try socket.send(Array(beginning.utf8)) }
                    return socket
                }
            }
            try await expectProbes(port, 20, during: "200 silent connections")
            #expect(count("for_new", metrics) >= 184)
            withExtendedLifetime(sockets) {}
        }
    }

    @Test("a request must be there within its time, however its octets trickle in")
    func trickle() async throws {
        var limits = HTTPLimits()
        limits.requestTime = .milliseconds(100)
        try await withEndpoint(limits) { port, metrics in
            let end = try await onThread {
                let socket = try LoopbackSocket(.stream, connectedTo: port)
                for octet in "GET /health HTTP/1.1\r\nHost: x\r\n".utf8 {
                    // The other side may be gone already.
                    guard (try? socket.send([octet])) != nil else { break }
                    if let end = try? socket.receive(within: .milliseconds(20)) { return end }
                }
                do { return try socket.receive() ?? [1] } catch { return [] }
            }
            #expect(end.isEmpty)
            // It is counted when the connection has gone, which the other side can see first.
            try await wait(for: "the count") { count("slow_request", metrics) == 1 }
        }
    }

    @Test("60 connections that pipeline the metrics: probes are answered", .timeLimit(.minutes(1)))
    func pipelining() async throws {
        try await withEndpoint { port, metrics in
            let requests = Array(String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 100).utf8)
            let sockets = try await onThread {
                try (0..<60).map { _ in
                    let socket = try LoopbackSocket(.stream, connectedTo: port)
                    try socket.send(requests)
                    return socket
                }
            }
            try await expectProbes(port, 20, during: "60 connections that pipeline")
            withExtendedLifetime(sockets) {}
        }
    }

    @Test("a reader that does not take its page is closed in time, or when several later pages were made")
    func slowReaders() async throws {
        var limits = HTTPLimits()
        limits.replyTime = .milliseconds(200)
        try await withEndpoint(limits) { port, metrics in
            let request = Array(String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 90).utf8)
            let socket = try await onThread {
                let socket = try LoopbackSocket(.stream, connectedTo: port)
                try socket.send(request)
                return socket
            }
            try await wait(for: "the end of the connection") { count("slow_reader", metrics) == 1 }
            withExtendedLifetime(socket) {}
        }
    }

    @Test("a connection ends after its requests, and says so in the last reply")
    func requests() async throws {
        var limits = HTTPLimits()
        limits.requests = 3
        try await withEndpoint(limits) { port, _ in
            let text = try await onThread {
                let socket = try LoopbackSocket(.stream, connectedTo: port)
                var text = ""
                for _ in 0..<3 {
                    try socket.send(Array("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                    text += String(decoding: try socket.receive() ?? [], as: UTF8.self)
                }
                return text + "|\(try socket.receive()?.count ?? -1)"
            }
            #expect(text.components(of: "\r\n\r\nOK") == 3)
            #expect(text.components(of: "Connection: close") == 1)
            #expect(text.hasSuffix("|0"))
        }
    }

    @Test(
        "what is no request for these pages has a short reply",
        arguments: [
            ("POST /health HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 405"),
            ("HEAD /health HTTP/1.1\r\n\r\n", "HTTP/1.1 200"), ("\u{1}\u{2}\r\n\r\n", "HTTP/1.0 400"),
            ("GET /health HTTP/1.0\r\n\r\n", "HTTP/1.0 200"), ("GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404"),
            ("GET /health HTTP/1.1\r\nX: \(String(repeating: "y", count: 20_000))\r\n\r\n", "HTTP/1.0 400"),
        ])
    func oddRequests(_ request: String, _ beginning: String) async throws {
        try await withEndpoint { port, _ in
            let reply = try await onThread {
                let socket = try LoopbackSocket(.stream, connectedTo: port)
                try socket.send(Array(request.utf8))
                socket.finishSending()
                return String(decoding: try socket.receive() ?? [], as: UTF8.self)
            }
            #expect(reply.hasPrefix(beginning), "\(reply)")
        }
    }
}

extension String {
    /// How often `part` stands in it.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}

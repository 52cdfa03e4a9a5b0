import DNSWire
import Foundation
import StandInAPIServer
import TestSupport
import Testing

/// A server that follows the stand-in for an API server, and how it fares.
struct ClusterServer: Sendable {
    /// What the server's block says besides where the cluster is.
    struct Options: Sendable {
        /// The zones and options of `kubernetes`.
        var zones = "cluster.local in-addr.arpa"
        var kubernetes = ""
        /// Directives besides.
        var directives = ""
    }

    let server: RunningServer
    let corefile: String
    private let readyPort: Int
    let metricsPort: Int

    /// Runs `body` with a server.
    ///
    /// - Parameter port: the API server's.
    static func run<Result>(
        following port: Int, _ options: Options = Options(), _ body: (ClusterServer) async throws -> Result
    ) async throws -> Result {
        let (ready, metrics) = (try FreePort.take(), try FreePort.take())
        let directives = """
            ready 127.0.0.1:\(ready)
            prometheus 127.0.0.1:\(metrics)
            kubernetes \(options.zones) {
                endpoint http://127.0.0.1:\(port)
                \(options.kubernetes)
            }
            \(options.directives)
            """
        return try await RunningServer.run(directives) { server in
            let corefile = RunningServer.corefile(port: server.port, directives)
            return try await body(
                ClusterServer(server: server, corefile: corefile, readyPort: ready, metricsPort: metrics))
        }
    }

    var process: ServerProcessUnderTest { server.process }
    var log: String { process.log }

    /// The lines of the log that have all of `words`.
    func lines(with words: String...) -> [String] {
        log.split(separator: "\n").map(String.init).filter { line in words.allSatisfy { line.contains($0) } }
    }

    /// What `/ready` says: 200 or 503; it is there a moment after the server's port is open.
    func readiness() async throws -> Int? {
        var status: Int?
        try await TestSupport.wait(for: "/ready", log: { log }) {
            status = try await Web.get("/ready", port: readyPort)?.status
            return status == 200 || status == 503
        }
        return status
    }

    /// A metric's value, of the only one with this name and, if given, a label in it.
    func metric(_ name: String, with label: String? = nil) async throws -> Double? {
        guard let page = try await Web.get("/metrics", port: metricsPort) else { return nil }
        let line = page.body.split(separator: "\n").first { line in
            line.hasPrefix("\(name){") && label.map { line.contains($0) } ?? true
        }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    func waitUntilReady() async throws {
        try await TestSupport.wait(for: "readiness", log: { log }) { try await readiness() == 200 }
    }

    func wait(for name: String, toBe value: Double) async throws {
        try await TestSupport.wait(for: "\(name) \(value)", log: { log }) { try await metric(name) == value }
    }

    /// Waits until a name has exactly these addresses.
    func wait(for name: String, _ addresses: [String], within time: Duration = .seconds(15)) async throws {
        try await TestSupport.wait(within: time, for: "\(name) \(addresses)", log: { log }) {
            try await server.answers(name) == addresses
        }
    }

    /// Expects that a name has exactly these addresses.
    func expectAnswers(
        _ name: String, _ addresses: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let answers = try await server.answers(name)
        #expect(answers == addresses, "\(log)", sourceLocation: sourceLocation)
    }

    /// Expects every sort of answer that the shop has.
    func expectShopAnswers(_ expected: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let answers = try await shopAnswers()
        #expect(answers == expected, "\(log)", sourceLocation: sourceLocation)
    }

    /// Every sort of answer that the shop has, as text.
    func shopAnswers() async throws -> [String] {
        let questions: [(String, RecordType)] = [
            ("web.shop.svc.cluster.local", .A), ("_http._tcp.web.shop.svc.cluster.local", .SRV),
            ("db.shop.svc.cluster.local", .A), ("_http._tcp.db.shop.svc.cluster.local", .SRV),
            ("e1.db.shop.svc.cluster.local", .A), ("80.0.96.10.in-addr.arpa", .PTR), ("2.0.1.10.in-addr.arpa", .PTR),
            ("10-1-0-9.shop.pod.cluster.local", .A), ("10-1-0-8.shop.pod.cluster.local", .A),
            ("none.shop.svc.cluster.local", .A),
        ]
        var lines: [String] = []
        for (name, type) in questions {
            guard let reply = try await server.ask(name, type) else {
                lines.append("\(name): no reply")
                continue
            }
            lines.append("\(name): \(reply.responseCode) \(reply.answers.map(\.data.text).sorted())")
        }
        return lines
    }
}

/// Runs `body` with a stand-in for an API server that has `objects`.
func withCluster<Result>(
    _ objects: [String] = ClusterObjects.shop, _ body: (StandInAPIServer) async throws -> Result
) async throws -> Result {
    let cluster = try StandInAPIServer()
    for object in objects { try cluster.apply(object) }
    try await cluster.start()
    do {
        let result = try await body(cluster)
        await cluster.stop()
        return result
    } catch {
        await cluster.stop()
        throw error
    }
}

/// Runs `body` with the path of a file that is not there yet, in a folder that is removed afterwards.
func withStateFile<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.appending(path: "state").path)
}

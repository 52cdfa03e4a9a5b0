import Corefile
import DNSServer
import Synchronization
import Testing

@testable import Plugins

@Suite struct ReadyPluginTests {
    private final class Plugins: Sendable {
        let unready = Mutex<[String]>([])
        let isShuttingDown = Mutex(false)
    }

    private func report(_ monitor: ReadyConfiguration.Monitor, _ plugins: Plugins) -> (ReadinessReport, LogRecorder) {
        let recorder = LogRecorder()
        let report = ReadinessReport(
            monitor, logger: recorder.logger, isShuttingDown: { plugins.isShuttingDown.withLock { $0 } },
            notReady: { plugins.unready.withLock { $0 } })
        return (report, recorder)
    }

    private func text(_ reply: HTTPReply) -> String {
        "\(reply.status) \(reply.text)"
    }

    @Test("until-ready: a plugin that was ready once counts as ready for good")
    func untilReady() {
        let plugins = Plugins()
        let (report, recorder) = report(.untilReady, plugins)
        plugins.unready.withLock { $0 = ["kubernetes", "erratic"] }
        #expect(text(report.reply()) == "503 erratic,kubernetes")
        plugins.unready.withLock { $0 = ["kubernetes", "nomad"] }
        #expect(text(report.reply()) == "503 kubernetes")
        plugins.unready.withLock { $0 = [] }
        #expect(text(report.reply()) == "200 OK")
        plugins.unready.withLock { $0 = ["kubernetes"] }
        #expect(text(report.reply()) == "200 OK")
        #expect(recorder.lines.first == "info: Plugins not ready: \"erratic,kubernetes\"")
        #expect(recorder.lines.count == 2)
    }

    @Test("continuously: every request asks anew")
    func continuously() {
        let plugins = Plugins()
        let (report, _) = report(.continuously, plugins)
        #expect(text(report.reply()) == "200 OK")
        plugins.unready.withLock { $0 = ["kubernetes"] }
        #expect(text(report.reply()) == "503 kubernetes")
    }

    @Test("a server that shuts down says so, ready or not")
    func shuttingDown() {
        let plugins = Plugins()
        let (report, _) = report(.untilReady, plugins)
        #expect(text(report.reply()) == "200 OK")
        plugins.isShuttingDown.withLock { $0 = true }
        #expect(text(report.reply()) == "503 Shutting down")
    }

    @Test("/ready is answered from when the configuration serves, and refused when the shutdown begins")
    func endpoint() async throws {
        let bench = try PluginBench(". {\nready localhost:0\n}\n", [ReadyPlugin.definition])
        let plugin = try bench.plugin(ReadyPlugin.self)
        try await plugin.start()
        let endpoint = bench.endpoint("localhost:0")
        let address = try #require(endpoint.boundAddress)
        #expect(try await HTTPProbe.get("/ready", at: address, timeout: .seconds(5)).status == 404)
        await plugin.didStart()
        #expect(try await HTTPProbe.get("/ready", at: address, timeout: .seconds(5)).status == 200)
        await plugin.willShutDown()
        await #expect(throws: (any Error).self) {
            try await HTTPProbe.get("/ready", at: address, timeout: .seconds(5))
        }
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("ready", nil), ("ready localhost:8181 {\nmonitor continuously\n}", nil),
            ("ready {\nmonitor until-ready\n}", nil),
            ("ready 8181", "address 8181: missing port in address"),
            ("ready {\nmonitor sometimes\n}", "monitor type 'sometimes' not supported"),
            ("ready {\nmonitor\n}", "Wrong argument count or unexpected line ending after 'monitor'"),
            ("ready {\nother\n}", "unknown property 'other'"),
            ("ready\nready", "this plugin can only be used once per Server Block"),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, ReadyConfiguration.directive, .init()) == message)
    }
}

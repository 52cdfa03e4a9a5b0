import Corefile
import DNSServer
import Telemetry
import Testing

@testable import Plugins

@Suite struct HealthPluginTests {
    private func measure(_ metrics: MetricsRegistry) throws -> HealthSelfCheck.Measure {
        HealthSelfCheck.Measure(
            duration: try metrics.histogram("d", help: "", buckets: .slimTime),
            failures: try metrics.counter("f", help: ""), shard: metrics.shared)
    }

    @Test("/health says OK")
    func answers() async throws {
        let bench = try PluginBench(". {\nhealth localhost:0\n}\n", [HealthPlugin.definition])
        let plugin = try bench.plugin(HealthPlugin.self)
        try await plugin.start()
        let endpoint = bench.endpoint("localhost:0")
        let address = try #require(endpoint.boundAddress)
        let answer = try await HTTPProbe.get("/health", at: address, timeout: .seconds(5))
        #expect(answer.status == 200)
        #expect(answer.text.hasSuffix("\r\n\r\nOK"))
        #expect(bench.metric("coredns_health_request_failures_total")?.hasSuffix(" 0") == true)
        await plugin.stop()
        await endpoint.close()
    }

    @Test("the check of itself counts the time of an answer")
    func measures() async throws {
        let (metrics, recorder) = (MetricsRegistry(), LogRecorder())
        let measure = try measure(metrics)
        let endpoint = HTTPEndpoint(HostPort(host: "127.0.0.1", port: 0))
        try await endpoint.open(for: "health")
        await HealthSelfCheck.check(try #require(endpoint.boundAddress), measure, recorder.logger)
        #expect(metrics.total(measure.duration).count == 1)
        #expect(metrics.total(measure.failures) == 0)
        #expect(recorder.lines.isEmpty)
        await endpoint.close()
    }

    @Test("no answer is counted and said")
    func failure() async throws {
        let (metrics, recorder) = (MetricsRegistry(), LogRecorder())
        let measure = try measure(metrics)
        let endpoint = HTTPEndpoint(HostPort(host: "127.0.0.1", port: 0))
        try await endpoint.open(for: "health")
        let address = try #require(endpoint.boundAddress)
        await endpoint.close()
        await HealthSelfCheck.check(address, measure, recorder.logger)
        #expect(metrics.total(measure.failures) == 1)
        #expect(
            recorder.lines.first?.hasPrefix("warning: Local health request to \"http://\(address)/health\" failed: ")
                == true)
    }

    @Test(
        "lameduck: the stop waits for the time that is asked for", arguments: [("", false), ("lameduck 100ms", true)])
    func lameduck(_ option: String, _ waits: Bool) async throws {
        let bench = try PluginBench(". {\nhealth localhost:0 {\n\(option)\n}\n}\n", [HealthPlugin.definition])
        let plugin = try bench.plugin(HealthPlugin.self)
        let elapsed = await ContinuousClock().measure { await plugin.willShutDown() }
        #expect((elapsed >= .milliseconds(100)) == waits)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("health", nil), ("health :8080 {\nlameduck 5s\n}", nil), ("health localhost:8080", nil),
            ("health 8080", "address 8080: missing port in address"),
            ("health :8080 :8081", "Wrong argument count or unexpected line ending after ':8081'"),
            (
                "health {\nlameduck x\n}",
                #"unable to parse lameduck duration value: 'x' : time: invalid duration "x""#
            ),
            ("health {\nlameduck\n}", "Wrong argument count or unexpected line ending after 'lameduck'"),
            ("health { lameduck 5s }", nil),
            ("health {\nother\n}", "unknown property 'other'"),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, HealthConfiguration.directive, .init()) == message)
    }
}

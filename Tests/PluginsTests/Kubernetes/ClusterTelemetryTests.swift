import KubernetesClient
import Telemetry
import Testing

@testable import Plugins

@Suite("The way to an API server, as metrics and log have it")
struct ClusterTelemetryTests {
    private static let kinds = ["services", "namespaces", "endpointslices"]

    private let metrics = MetricsRegistry()
    private let logs = LogRecorder()
    private let telemetry: ClusterTelemetry

    init() throws {
        telemetry = try ClusterTelemetry(
            host: "10.96.0.1:443", kinds: Self.kinds.count, metrics, logger: logs.logger)
    }

    private func tell(_ standing: ReflectorStanding, of kinds: [String] = kinds) {
        for kind in kinds { telemetry.reflectorChanged(resource: kind, to: standing) }
    }

    private var isUp: Bool {
        String(decoding: metrics.exposition(.prometheus), as: UTF8.self)
            .contains("needletail_kubernetes_api_up{host=\"10.96.0.1:443\"} 1\n")
    }

    @Test("A start that finds the API server is not worth a line; it is up once all kinds are followed")
    func start() {
        tell(.following, of: ["services", "namespaces"])
        #expect(!isUp)
        tell(.following, of: ["endpointslices"])
        #expect(isUp)
        #expect(logs.lines.isEmpty)
    }

    @Test("A cluster that is not followed any more leaves its gauges, unless another follows the same API server")
    func retires() throws {
        tell(.following)
        let next = try ClusterTelemetry(host: "10.96.0.1:443", kinds: 3, metrics, logger: logs.logger)
        for kind in Self.kinds { next.reflectorChanged(resource: kind, to: .following) }
        telemetry.retire()
        #expect(isUp)
        next.retire()
        let page = String(decoding: metrics.exposition(.prometheus), as: UTF8.self)
        #expect(!page.contains("needletail_kubernetes_api_up{"))
        #expect(!page.contains("needletail_kubernetes_last_event_timestamp_seconds{"))
        #expect(page.contains("coredns_kubernetes_rest_client_request_duration_seconds"))
    }

    @Test("An outage is one line with its cause when it begins, and one when all kinds are followed again")
    func outage() {
        tell(.following)
        for cause in ["connection refused", "no reply in time"] { tell(.away(cause)) }
        #expect(!isUp)
        let begin = "warning: API server 10.96.0.1:443: connection refused; retrying; answers stay as they are"
        #expect(logs.lines == [begin])
        tell(.following, of: ["services", "namespaces"])
        #expect(logs.lines.count == 1 && !isUp)
        tell(.following, of: ["endpointslices"])
        #expect(isUp && logs.lines.count == 2)
        #expect(logs.lines.last?.hasPrefix("notice: API server 10.96.0.1:443: followed again after ") == true)
    }

    @Test("A start without API server is one line, and one when it appears")
    func lateServer() {
        tell(.away("connection refused"))
        #expect(logs.lines == ["warning: API server 10.96.0.1:443: connection refused; retrying"])
        tell(.following)
        #expect(logs.lines.count == 2 && logs.lines.last?.contains(": followed after ") == true)
    }

    @Test("A kind that is refused is its reflector's matter, and hides neither the beginning nor the end of an outage")
    func refusal() {
        tell(.following, of: ["services", "namespaces"])
        tell(.refused, of: ["endpointslices"])
        #expect(logs.lines.isEmpty && !isUp)
        tell(.away("connection refused"))
        #expect(logs.lines.count == 1)
        tell(.following, of: ["services", "namespaces"])
        tell(.refused, of: ["endpointslices"])
        #expect(logs.lines.count == 2 && logs.lines.last?.hasSuffix(" s, but for endpointslices") == true && !isUp)
        tell(.following, of: ["endpointslices"])
        #expect(logs.lines.count == 2 && isUp)
    }

    @Test("As long as everything is refused the outage is not over")
    func allRefused() {
        tell(.following)
        tell(.away("no reply in time"))
        tell(.refused)
        #expect(logs.lines.count == 1)
        tell(.following)
        #expect(logs.lines.count == 2)
    }
}

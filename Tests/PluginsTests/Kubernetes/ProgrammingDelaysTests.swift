import Basics
import KubernetesClient
import Telemetry
import Testing

@testable import Plugins

@Suite("The time from a change to its answer")
struct ProgrammingDelaysTests {
    private static let hostile: [(changed: Int64, now: Int64, count: UInt64)] = [
        (.min, .max, 0), (.max, .min, 0), (.max, 0, 1), (.min, 0, 0), (0, .max, 1), (0, 1_000_000, 1),
    ]

    @Test(
        "Whatever a slice says of its change, and wherever the clock stands, it is counted or left out",
        arguments: hostile)
    func hostileTimes(changed: Int64, now: Int64, count: UInt64) throws {
        let metrics = MetricsRegistry()
        let delays = try ProgrammingDelays(metrics)
        var model = ClusterModel(expecting: [.services])
        model.replace(with: [
            Service(
                metadata: ObjectMetadata(name: "web", namespace: "prod"),
                clusterIPs: [IPAddress(ipv4: 0x0A00_0001)])
        ])
        _ = model.commit(serial: 1)
        delays.note(
            EndpointSlice(
                metadata: ObjectMetadata(name: "web-x", namespace: "prod"), serviceName: "web",
                lastChangeTriggerTime: changed))
        delays.observe(model.snapshot, now: now)
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        #expect(text.contains("dns_programming_duration_seconds_count{service_kind=\"cluster_ip\"} \(count)"))
    }
}

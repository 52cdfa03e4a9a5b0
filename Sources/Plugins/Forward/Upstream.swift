import DNSServer
import Synchronization
import Telemetry

/// One server that queries are forwarded to: what all workers share of it.
final class Upstream: Sendable {
    let address: SocketAddress
    /// The address as metrics and messages name it.
    let label: String
    let metrics: UpstreamMetrics
    let tcp: TCPUpstream
    private let fails = Atomic<UInt32>(0)
    private let isProbed = Atomic<Bool>(false)

    /// - Throws: when its metrics cannot be registered.
    init(_ address: SocketAddress, expire: Duration, _ registry: MetricsRegistry) throws(MetricError) {
        self.address = address
        label = address.description
        let metrics = try UpstreamMetrics(to: label, registry)
        self.metrics = metrics
        let shared = registry.shared
        tcp = TCPUpstream(address, expire: expire) { isReused in
            metrics.countRequest(.tcp, isReused: isReused, in: shared)
        }
    }

    /// Whether more probes in a row failed than are allowed; 0 allows any number.
    func isDown(maximumFails: Int) -> Bool {
        maximumFails > 0 && Int(fails.load(ordering: .relaxed)) > maximumFails
    }

    /// Takes the right to probe; false when somebody has it already.
    func beginProbing() -> Bool {
        !isProbed.exchange(true, ordering: .acquiringAndReleasing)
    }

    /// Gives the right to probe back.
    func endProbing() {
        isProbed.store(false, ordering: .releasing)
    }

    /// A probe was answered.
    func succeed() {
        fails.store(0, ordering: .relaxed)
    }

    /// A probe was not answered in time.
    func fail() {
        // Only the prober writes, so this cannot race past the end.
        let value = fails.load(ordering: .relaxed)
        if value < .max { fails.store(value + 1, ordering: .relaxed) }
    }
}

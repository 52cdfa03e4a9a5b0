import DNSServer
import Synchronization
import Telemetry

/// One server that queries are forwarded to: what all workers share of it.
final class Upstream: Sendable {
    let target: UpstreamTarget
    /// The address as metrics and messages name it.
    let label: String
    let metrics: UpstreamMetrics
    /// Its connections: over TCP, TLS or HTTPS.
    let stream: StreamUpstream
    /// The address to send from, with port 0.
    let source: SocketAddress?
    /// How long a UDP socket is used, in nanoseconds.
    let socketAge: UInt64
    /// How much it answers in time.
    let reliability = Reliability()
    /// Whether it keeps the case of questions.
    let caseKeeping = CaseKeeping()
    /// Whether nothing may go to it in a bare datagram.
    let isStreamOnly: Bool
    private let fails = Atomic<UInt32>(0)
    private let isProbed = Atomic<Bool>(false)
    /// Probes in a row that were refused.
    private let refusals = Atomic<UInt32>(0)

    private static let longestSocketAge: UInt64 = 2_000_000_000
    private static let refusalsBelieved: UInt32 = 2

    /// - Throws: when its metrics cannot be registered.
    init(
        _ target: UpstreamTarget, _ configuration: ForwardConfiguration, _ registry: MetricsRegistry
    ) throws(MetricError) {
        self.target = target
        label = target.address.description
        source = configuration.sourceAddress
        isStreamOnly = target.transport.isSecure
        let age = configuration.maximumAge.wholeNanoseconds
        socketAge = age > 0 ? min(age, Self.longestSocketAge) : Self.longestSocketAge
        let metrics = try UpstreamMetrics(to: label, registry)
        self.metrics = metrics
        let (proto, shard) = (Self.proto(target.transport), registry.shared)
        stream = StreamUpstream(StreamSettings(target, configuration)) { isReused in
            metrics.countRequest(proto, isReused: isReused, in: shard)
        }
    }

    private static func proto(_ transport: UpstreamTransport) -> UpstreamMetrics.Proto {
        switch transport {
        case .dns: .tcp
        case .tls: .tls
        case .https: .https
        }
    }

    var address: SocketAddress { target.address }

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

    /// It has said something, however late: it is there.
    func hear() {
        // Usually there is nothing to be forgotten, and the values need not be fought over.
        if fails.load(ordering: .relaxed) != 0 { fails.store(0, ordering: .relaxed) }
        if refusals.load(ordering: .relaxed) != 0 { refusals.store(0, ordering: .relaxed) }
    }

    /// Whether nobody listens there, so that it need not be waited for.
    ///
    /// A refusal alone says little: anyone can send one who guesses a port (RFC 5927 §3). Those of probes are believed, since each
    /// has a port of its own that is open for one question.
    var isGone: Bool { refusals.load(ordering: .relaxed) >= Self.refusalsBelieved }

    /// A probe was refused, or was not.
    func noteProbe(isRefused: Bool) {
        let value = refusals.load(ordering: .relaxed)
        // Only the prober writes more than zero.
        refusals.store(isRefused ? min(value + 1, Self.refusalsBelieved) : 0, ordering: .relaxed)
    }

    /// A probe was not answered in time.
    func fail() {
        // Only the prober writes, so this cannot race past the end.
        let value = fails.load(ordering: .relaxed)
        if value < .max { fails.store(value + 1, ordering: .relaxed) }
    }
}

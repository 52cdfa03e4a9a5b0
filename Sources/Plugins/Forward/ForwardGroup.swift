import DNSServer
import DNSWire
import Synchronization
import Telemetry

/// One `forward` line: its upstreams, and what all workers share of it.
final class ForwardGroup: Sendable {
    let configuration: ForwardConfiguration
    let upstreams: [Upstream]
    let metrics: ForwardMetrics
    let rules: ForwardAttempts.Rules
    /// What those are told who are one too many.
    let limitFailure: QueryFailure
    /// Nanoseconds.
    let readTimeout: UInt64
    let expire: UInt64
    private let from: Name
    private let except: ZoneScope
    private let waiting = Atomic<Int>(0)
    private let turn = Atomic<Int>(0)

    /// Attempts for each upstream before a query fails.
    private static let attemptsPerUpstream = 2

    /// - Throws: when metrics cannot be registered.
    init(_ configuration: ForwardConfiguration, _ registry: MetricsRegistry) throws(MetricError) {
        self.configuration = configuration
        metrics = try ForwardMetrics(registry)
        var upstreams: [Upstream] = []
        for target in configuration.upstreams { upstreams.append(try Upstream(target, configuration, registry)) }
        self.upstreams = upstreams
        rules = ForwardAttempts.Rules(
            maximumAttempts: Self.attemptsPerUpstream * upstreams.count, probesHealth: configuration.maximumFails > 0,
            forcesTCP: configuration.forcesTCP, prefersUDP: configuration.prefersUDP)
        limitFailure = QueryFailure(
            .refused, "concurrent queries exceeded maximum \(configuration.maximumConcurrent)")
        readTimeout = configuration.readTimeout.wholeNanoseconds
        expire = configuration.expire.wholeNanoseconds
        from = (try? Name(parsing: configuration.from).lowercased) ?? .root
        except = ZoneScope(configuration.except)
    }

    /// Whether queries for `name` are forwarded.
    ///
    /// The zone's own name always is, also when `except` names it.
    func covers(_ name: Span<UInt8>) -> Bool {
        let zone = from.wire
        guard let start = suffixStart(of: name, under: zone.span) else { return false }
        return start == 0 || except.isEmpty || !except.contains(name)
    }

    // MARK: How many wait

    /// Counts a query that will wait; false when too many do already.
    func admit() -> Bool {
        let limit = configuration.maximumConcurrent
        guard limit > 0 else { return true }
        if waiting.add(1, ordering: .relaxed).newValue <= limit { return true }
        waiting.subtract(1, ordering: .relaxed)
        return false
    }

    /// The query waits no more.
    func release() {
        guard configuration.maximumConcurrent > 0 else { return }
        waiting.subtract(1, ordering: .relaxed)
    }

    // MARK: The order of upstreams

    /// Puts the upstreams into `order` as the policy says.
    func arrange(_ order: inout [UInt8], _ random: inout some RandomNumberGenerator) {
        order.removeAll(keepingCapacity: true)
        for index in upstreams.indices { order.append(UInt8(truncatingIfNeeded: index)) }
        guard order.count > 1 else { return }
        switch configuration.policy {
        case .sequential: return
        case .random: order.shuffle(using: &random)
        case .roundRobin:
            // The one whose turn it is, then the others as they stand.
            let count = turn.wrappingAdd(1, ordering: .relaxed).newValue
            let first = Int(UInt(bitPattern: count) % UInt(order.count))
            order.insert(order.remove(at: first), at: 0)
        }
    }

    /// One bit for each upstream that is down.
    var down: UInt64 {
        guard configuration.maximumFails > 0 else { return 0 }
        var bits: UInt64 = 0
        for (index, upstream) in upstreams.enumerated() where upstream.isDown(maximumFails: configuration.maximumFails)
        {
            bits |= 1 << UInt64(index)
        }
        return bits
    }
}

extension Duration {
    /// Nanoseconds, at most half of what 64 bits hold.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let limit = UInt64.max / 2
        return overflow ? limit : min(limit, product + UInt64(attoseconds / 1_000_000_000))
    }
}

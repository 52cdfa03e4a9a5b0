import DNSServer
import DNSWire
import Synchronization
import Telemetry

/// One `forward` line: its upstreams, and what all workers share of it.
final class ForwardGroup: Sendable {
    let configuration: ForwardConfiguration
    let upstreams: [Upstream]
    /// The same, visited without counting.
    private let visited: UncountedObjects<Upstream>
    /// Whether replies with some codes let the next upstream, or the next line, try.
    private let hasFailover: Bool
    private let hasNext: Bool
    let metrics: ForwardMetrics
    let rules: ForwardAttempts.Rules
    /// What those are told who are one too many.
    let limitFailure: QueryFailure
    /// Nanoseconds.
    let expire: UInt64
    /// The questions that are on their way.
    let flights = FlightTable()
    private let from: Name
    private let except: ZoneScope
    private let waiting = Atomic<Int>(0)
    private let turn = Atomic<Int>(0)

    /// Attempts for each upstream before a query fails.
    private static let attemptsPerUpstream = 2
    /// As many as there can be in the time that a query has, which is what 0 means.
    private static let mostAttempts = 200

    /// - Throws: when metrics cannot be registered.
    init(_ configuration: ForwardConfiguration, _ registry: MetricsRegistry) throws(MetricError) {
        self.configuration = configuration
        metrics = try ForwardMetrics(registry)
        var upstreams: [Upstream] = []
        for target in configuration.upstreams { upstreams.append(try Upstream(target, configuration, registry)) }
        self.upstreams = upstreams
        visited = UncountedObjects(upstreams)
        hasFailover = !configuration.failoverCodes.isEmpty
        hasNext = !configuration.nextCodes.isEmpty || configuration.nextOnNoData
        rules = Self.rules(configuration, upstreams)
        limitFailure = QueryFailure(
            .refused, "concurrent queries exceeded maximum \(configuration.maximumConcurrent)")
        expire = configuration.expire.wholeNanoseconds
        from = (try? Name(parsing: configuration.from).lowercased) ?? .root
        except = ZoneScope(configuration.except)
    }

    private static func rules(_ configuration: ForwardConfiguration, _ upstreams: [Upstream]) -> ForwardAttempts.Rules {
        let attempts = configuration.maximumAttempts ?? attemptsPerUpstream * upstreams.count
        var streamOnly: UInt64 = 0
        for (index, upstream) in upstreams.enumerated() where upstream.isStreamOnly { streamOnly |= 1 << UInt64(index) }
        return ForwardAttempts.Rules(
            maximumAttempts: attempts == 0 ? mostAttempts : min(attempts, mostAttempts),
            readTimeout: configuration.readTimeout.wholeNanoseconds, probesHealth: configuration.maximumFails > 0,
            forcesTCP: configuration.forcesTCP, prefersUDP: configuration.prefersUDP,
            failsFast: configuration.failsFast, streamOnly: streamOnly)
    }

    /// Whether a reply with this code is one that the next upstream shall better.
    func failsOver(_ code: ResponseCode) -> Bool {
        hasFailover && configuration.failoverCodes.contains(code)
    }

    /// Whether the reply that stands in `query` is one that the next line shall better.
    func passesOver(_ query: Query) -> Bool {
        guard hasNext else { return false }
        if configuration.nextCodes.contains(query.responseCode) { return true }
        return configuration.nextOnNoData && query.responseCode == .noError && query.reply.header.answerCount == 0
    }

    /// Whether queries for `name` are forwarded.
    ///
    /// The zone's own name always is, also when `except` names it.
    func covers(_ name: Span<UInt8>) -> Bool {
        let zone = from.wire
        guard let start = suffixStart(of: name, under: zone.span) else { return false }
        return start == 0 || except.isEmpty || !except.contains(name)
    }

    /// Whether `address` is that of an upstream, whatever its port.
    func isUpstream(_ address: SocketAddress) -> Bool {
        upstreams.contains { $0.address.hasSameHost(as: address) }
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

    /// Puts the upstreams into `order` as the policy says, those that answer late behind the others.
    func arrange(_ order: inout [UInt8], _ random: inout some RandomNumberGenerator) {
        order.removeAll(keepingCapacity: true)
        for index in upstreams.indices { order.append(UInt8(truncatingIfNeeded: index)) }
        guard order.count > 1 else { return }
        switch configuration.policy {
        case .sequential: break
        case .random: order.shuffle(using: &random)
        case .roundRobin:
            // The one whose turn it is, then the others as they stand.
            let count = turn.wrappingAdd(1, ordering: .relaxed).newValue
            let first = Int(UInt(bitPattern: count) % UInt(order.count))
            order.insert(order.remove(at: first), at: 0)
        }
        demoteSuspects(&order, &random)
    }

    /// Puts upstreams that are suspect behind the others.
    ///
    /// Where no probes find out how they are, a query in sixteen does.
    private func demoteSuspects(_ order: inout [UInt8], _ random: inout some RandomNumberGenerator) {
        let suspects = bits { $0.reliability.isSuspect }
        guard suspects != 0, rules.probesHealth || random.next() & 15 != 0 else { return }
        let isSuspect = { (index: UInt8) in suspects >> UInt64(index) & 1 != 0 }
        order = order.filter { !isSuspect($0) } + order.filter(isSuspect)
    }

    /// One bit for each upstream that is down.
    var down: UInt64 {
        let maximumFails = configuration.maximumFails
        return maximumFails > 0 ? bits { $0.isDown(maximumFails: maximumFails) } : 0
    }

    /// One bit for each upstream that answers next to nothing in time.
    var hopeless: UInt64 { bits { $0.reliability.isHopeless } }

    private func bits(_ isSet: (Upstream) -> Bool) -> UInt64 {
        var bits: UInt64 = 0
        for index in 0..<visited.count where visited.with(index, isSet) { bits |= 1 << UInt64(index) }
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

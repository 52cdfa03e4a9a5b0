import DNSServer
import DNSWire
import Telemetry

/// What is counted of all upstreams together.
struct ForwardMetrics: Sendable {
    let healthBroken: Counter
    let rejects: Counter
    /// Queries that were answered by the reply to another one.
    let shared: Counter
    /// Queries that were not passed on because they are too long.
    let tooLong: Counter
    /// Attempts over connections that there was no memory for.
    let noRoom: Counter
    /// Queries that failed because too many asked the same, each for itself.
    let crowded: Counter
    /// Queries from upstreams that waited in vain for the reply to the same question.
    let returned: Counter

    /// Registers the metrics.
    ///
    /// - Throws: a conflict with another metric.
    init(_ registry: MetricsRegistry) throws(MetricError) {
        healthBroken = try registry.counter(
            "coredns_forward_healthcheck_broken_total", help: "Queries that found all upstreams down.")
        rejects = try registry.counter(
            "coredns_forward_max_concurrent_rejects_total",
            help: "Queries refused because as many as max_concurrent allows were waiting.")
        shared = try registry.counter(
            "needletail_forward_shared_replies_total",
            help: "Queries answered by the reply to an identical one that was under way.")
        tooLong = try registry.counter(
            "needletail_forward_too_long_queries_total", help: "Queries refused because they are too long.")
        crowded = try registry.counter(
            "needletail_forward_crowded_queries_total",
            help: "Queries failed because too many asked the same at a time, each for itself.")
        returned = try registry.counter(
            "needletail_forward_returned_queries_total",
            help: "Queries of upstreams for what they were being asked themselves, without a reply.")
        noRoom = try registry.counter(
            "needletail_forward_no_room_total",
            help: "Attempts over connections given up because too many octets wait for upstreams to read them.")
    }
}

/// What is counted of one upstream.
struct UpstreamMetrics: Sendable {
    /// Why a message from an upstream was ignored.
    enum Ignored: Int, CaseIterable, Sendable {
        /// Nobody waits for its ID: it comes late, or is made up.
        case unknownID
        /// It is no reply to the question that was asked.
        case wrongQuestion
        case malformed
        /// It would be a reply, but the upstream keeps the case of letters and this is another.
        case wrongCase
    }

    /// Why a socket was given up before its time.
    enum Distrust: Int, CaseIterable, Sendable {
        /// Somebody says that nobody listens at the upstream.
        case refused
        /// Too many messages came with IDs that were never used.
        case unknownIDs
    }

    /// How a query went.
    enum Proto: Int, CaseIterable, Sendable {
        case udp
        case tcp
        case tls
        case https

        var label: String {
            switch self {
            case .udp: "udp"
            case .tcp: "tcp"
            case .tls: "tcp-tls"
            case .https: "https"
            }
        }
    }

    /// Messages that were sent again.
    let repeats: Counter
    private let durations: HistogramVector
    private let healthFailures: Counter
    private let reused: CounterMatrix
    private let opened: CounterMatrix
    private let ignored: CounterMatrix
    private let distrusted: CounterMatrix
    // The names that CoreDNS had before 1.12, which dashboards still ask for.
    private let formerRequests: Counter
    private let formerResponses: CounterMatrix
    private let formerDurations: HistogramVector
    private let formerHealthFailures: Counter

    private static let codes: [UInt16] = Array(0...10) + Array(16...23)
    private static let codeNames = codes.map { ResponseCode(rawValue: $0).description } + ["other"]

    /// Registers the metrics of the upstream at `address`.
    ///
    /// - Throws: a conflict with another metric, or too many series.
    init(to address: String, _ registry: MetricsRegistry) throws(MetricError) {
        let to: Labels = [("to", address)]
        let proxy: Labels = [("proxy_name", "forward"), ("to", address)]
        let code = MetricDimension("rcode", Self.codeNames)
        let proto = MetricDimension("proto", Proto.allCases.map(\.label))
        durations = try registry.histogramVector(
            "coredns_proxy_request_duration_seconds", help: "Time that upstreams took to reply.", fixedLabels: proxy,
            dimension: code, buckets: .time)
        healthFailures = try registry.counter(
            "coredns_proxy_healthcheck_failures_total", help: "Probes of upstreams that failed.", labels: proxy)
        reused = try registry.counterMatrix(
            "coredns_proxy_conn_cache_hits_total", help: "Queries sent over an open socket or connection.",
            fixedLabels: proxy, dimensions: [proto])
        opened = try registry.counterMatrix(
            "coredns_proxy_conn_cache_misses_total", help: "Queries that a socket or connection was opened for.",
            fixedLabels: proxy, dimensions: [proto])
        repeats = try registry.counter(
            "needletail_forward_repeats_total", help: "Messages sent again because no reply came.", labels: to)
        ignored = try registry.counterMatrix(
            "needletail_forward_ignored_replies_total", help: "Messages from upstreams that answered no query.",
            fixedLabels: to,
            dimensions: [MetricDimension("reason", ["unknown_id", "wrong_question", "malformed", "wrong_case"])])
        distrusted = try registry.counterMatrix(
            "needletail_forward_sockets_distrusted_total",
            help: "Sockets given up because somebody may know their port.",
            fixedLabels: to, dimensions: [MetricDimension("reason", ["refused", "unknown_ids"])])
        formerRequests = try registry.counter(
            "coredns_forward_requests_total", help: "Queries sent to upstreams.", labels: to)
        formerResponses = try registry.counterMatrix(
            "coredns_forward_responses_total", help: "Replies of upstreams.", fixedLabels: to, dimensions: [code])
        formerDurations = try registry.histogramVector(
            "coredns_forward_request_duration_seconds", help: "Time that upstreams took to reply.", fixedLabels: to,
            dimension: code, buckets: .time)
        formerHealthFailures = try registry.counter(
            "coredns_forward_healthcheck_failures_total", help: "Probes of upstreams that failed.", labels: to)
    }

    func countReply(_ code: ResponseCode, after nanoseconds: UInt64, in shard: MetricShard) {
        let index = Self.index(of: code)
        durations.observe(nanoseconds, at: index, in: shard)
        formerDurations.observe(nanoseconds, at: index, in: shard)
        formerResponses.increment(index, in: shard)
    }

    private static func index(of code: ResponseCode) -> Int {
        switch code.rawValue {
        case 0...10: Int(code.rawValue)
        case 16...23: Int(code.rawValue) - 5
        default: codeNames.count - 1
        }
    }

    /// Counts a query that is sent.
    func countRequest(_ proto: Proto, isReused: Bool, in shard: MetricShard) {
        let matrix = isReused ? reused : opened
        matrix.increment(proto.rawValue, in: shard)
        formerRequests.increment(in: shard)
    }

    func countIgnored(_ reason: Ignored, in shard: MetricShard) {
        ignored.increment(reason.rawValue, in: shard)
    }

    func countDistrust(_ reason: Distrust, in shard: MetricShard) {
        distrusted.increment(reason.rawValue, in: shard)
    }

    func countHealthFailure(in shard: MetricShard) {
        healthFailures.increment(in: shard)
        formerHealthFailures.increment(in: shard)
    }
}

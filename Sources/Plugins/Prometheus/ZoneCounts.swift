import DNSServer
import DNSWire
import Telemetry

/// The metrics of one zone of a server block.
///
/// Nothing in it is reference-counted: it is read for every query.
struct ZoneCounts: Sendable {
    /// By transport (UDP, TCP), address family and type.
    let requests: CounterMatrix
    let duration: Histogram
    /// By transport.
    let requestSize: HistogramVector
    /// By transport.
    let responseSize: HistogramVector
    /// Queries with the DO bit.
    let dnssecRequests: Counter

    private static let transports = MetricDimension("proto", ["udp", "tcp"])
    private static let families = MetricDimension("family", ["1", "2"])

    /// Registers the metrics, which are the same cells for every configuration that has the zone.
    init(server: String, zone: String, view: String, _ metrics: MetricsRegistry) throws(MetricError) {
        let labels = Self.labels(server, zone, view)
        requests = try metrics.counterMatrix(
            "coredns_dns_requests_total", help: "Counter of DNS requests made per zone, protocol and family.",
            fixedLabels: labels,
            dimensions: [Self.transports, Self.families, MetricDimension("type", QueryTypes.names)])
        duration = try metrics.histogram(
            "coredns_dns_request_duration_seconds",
            help: "Histogram of the time (in seconds) each request took per zone.", labels: labels, buckets: .time)
        requestSize = try metrics.histogramVector(
            "coredns_dns_request_size_bytes", help: "Size of the request in bytes per zone and protocol.",
            fixedLabels: labels, dimension: Self.transports, buckets: .size)
        responseSize = try metrics.histogramVector(
            "coredns_dns_response_size_bytes", help: "Size of the returned response in bytes.",
            fixedLabels: labels, dimension: Self.transports, buckets: .size)
        dnssecRequests = try metrics.counter(
            "coredns_dns_do_requests_total", help: "Counter of DNS requests with DO bit set per zone.", labels: labels)
    }

    /// Counts a query, and its reply of `octets` if there is one.
    @inline(__always)
    func count(_ query: Query, _ types: QueryTypes, _ octets: Int?, in shard: MetricShard) {
        let transport = query.transport == .tcp ? 1 : 0
        requests.increment(transport, query.client.isIPv4 ? 0 : 1, types.index(of: query.type), in: shard)
        requestSize.observe(UInt64(query.message.count), at: transport, in: shard)
        if query.dnssecOK { dnssecRequests.increment(in: shard) }
        duration.observe(query.age, in: shard)
        guard let octets else { return }
        responseSize.observe(UInt64(octets), at: transport, in: shard)
    }

    private static func labels(_ server: String, _ zone: String, _ view: String) -> Labels {
        [("server", server), ("zone", zone), ("view", view)]
    }

    /// Replies of a zone by response code and by the plugin that made them; index 0 stands for the server itself.
    static func responses(
        server: String, zone: String, view: String, plugins: [String], _ metrics: MetricsRegistry
    ) throws(MetricError) -> CounterMatrix {
        try metrics.counterMatrix(
            "coredns_dns_responses_total", help: "Counter of response status codes.",
            fixedLabels: labels(server, zone, view),
            dimensions: [MetricDimension("rcode", ResponseCodes.names), MetricDimension("plugin", [""] + plugins)])
    }
}

/// The types that are counted by name; all others are `other`.
struct QueryTypes {
    private static let known: [RecordType] = [
        .A, .AAAA, .CNAME, .DNSKEY, .DS, .MX, .NSEC3, .NSEC, .NS, .PTR, .RRSIG, .SOA, .SRV, .TXT, .HTTPS, .SVCB, .IXFR,
        .AXFR, .ANY,
    ]
    static let names = known.map(\.description) + ["other"]

    /// By type number; all known ones are below 256.
    private let indices: [UInt8]

    init() {
        var indices = [UInt8](repeating: UInt8(Self.known.count), count: 256)
        for (index, type) in Self.known.enumerated() { indices[Int(type.rawValue)] = UInt8(index) }
        self.indices = indices
    }

    func index(of type: RecordType) -> Int {
        Int(indices[type.rawValue < 256 ? Int(type.rawValue) : 0])
    }
}

/// The response codes as they are counted: those with a name, those of the header without one, and `other`.
enum ResponseCodes {
    private static let count = 24

    static let names: [String] =
        (0..<count).map { number in
            let text = ResponseCode(rawValue: UInt16(number)).description
            return Int(text) == nil ? text : "RCODE\(number)"
        } + ["other"]

    static func index(of code: ResponseCode) -> Int {
        min(Int(code.rawValue), count)
    }
}

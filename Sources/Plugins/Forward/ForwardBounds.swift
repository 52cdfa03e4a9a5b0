import DNSServer

/// What queries may take on their way to upstreams; the same for all `forward` lines of the process.
struct ForwardBounds: Sendable {
    /// Octets of queries that connections hold, until the upstream has taken them.
    var requests = OctetBudget(limit: .max)
    /// The longest query that is passed on, in octets.
    var longestQuery = Int.max

    /// No bounds.
    init() {}

    init(_ resources: ServerResources) {
        requests = resources.requests
        longestQuery = resources.limits.forwardedQueryOctets
    }

    /// Takes room for a query of `octets` that goes over `transport`; nil when there is none.
    ///
    /// Over HTTPS a query is written anew, and its stream takes some memory of its own.
    func reserve(_ octets: Int, over transport: UpstreamTransport) -> OctetReservation? {
        let isHTTP = transport.speaksHTTP
        return OctetReservation(
            isHTTP ? 2 * octets + Self.octetsPerStream : octets + Self.octetsPerRequest, of: requests)
    }

    /// What a query takes on a connection beside its message, and on a stream of HTTP/2; rounded up.
    private static let octetsPerRequest = 512
    private static let octetsPerStream = 4_096
}

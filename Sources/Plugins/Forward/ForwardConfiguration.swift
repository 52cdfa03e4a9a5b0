import Corefile
import DNSServer
import DNSWire

/// What one `forward` line and its block say.
struct ForwardConfiguration: Sendable {
    /// The order in which upstreams are tried.
    enum Policy: String, CaseIterable, Sendable {
        case random
        case roundRobin = "round_robin"
        case sequential
    }

    /// How an upstream that failed is probed.
    struct HealthCheck: Equatable, Sendable {
        var interval = Duration.milliseconds(500)
        var isRecursive = true
        /// The name whose NS records are asked for.
        var domain = "."
    }

    /// How upstreams over HTTPS are asked.
    enum HTTPMethod: String, CaseIterable, Sendable {
        case post = "POST"
        case get = "GET"
    }

    /// The folder that certificate files are looked for in.
    var directory = "."
    /// Where the words stand that can turn out to be wrong only when all is read, by the name of the option.
    var places: [String: Token] = [:]

    /// The zone whose queries are forwarded.
    var from = "."
    /// The zone argument as it was written, when it stands for more zones than the one that is used.
    var narrowedFrom: String?
    /// What the line names, in its order.
    var entries: [UpstreamEntry] = []
    /// Where to; nothing as long as the addresses of names are not known.
    var upstreams: [UpstreamTarget] = []
    /// Upstreams that `source_address` cannot reach.
    var unreachable: [UpstreamTarget] = []
    /// Lines of resolver files that named no address.
    var rejected: [String] = []
    /// Zones below that are not forwarded.
    var except: [String] = []

    // Which upstream, and what becomes of its reply.
    var policy = Policy.random
    /// How many attempts a query has; 0 is no limit but the time and three messages an upstream and transport, nil is two for each upstream.
    var maximumAttempts: Int?
    /// Replies with these codes let the next upstream try.
    var failoverCodes: Set<ResponseCode> = []
    /// Replies with these codes let the next `forward` line try.
    var nextCodes: Set<ResponseCode> = []
    /// Whether replies without data let the next `forward` line try.
    var nextOnNoData = false
    /// Whether queries fail at once when all upstreams are down.
    var failsFast = false

    // Health and load.
    /// Failed probes after which an upstream is left out; 0 turns probing off.
    var maximumFails = 2
    var healthCheck = HealthCheck()
    /// How many queries may wait at a time, all workers together; 0 is no limit.
    var maximumConcurrent = 0
    /// How long one upstream has for its reply.
    var readTimeout = Duration.seconds(2)

    // Sockets and connections.
    var forcesTCP = false
    var prefersUDP = false
    /// How long connections and sockets are kept without use.
    var expire = Duration.seconds(10)
    /// How long connections and sockets are used at all; zero is no limit.
    var maximumAge = Duration.zero
    /// How many connections to an upstream are kept without use; 0 is no limit.
    var maximumIdle = 0
    /// The address to send from, with port 0.
    var sourceAddress: SocketAddress?

    // TLS and HTTPS.
    /// The name in the certificates of all upstreams.
    var tlsServerName: String?
    var tlsFiles = UpstreamTLS.Files()
    /// What connections over TLS are made with; nil when no upstream needs it.
    var tls: UpstreamTLS?
    var httpMethod = HTTPMethod.post

    /// Servers that are asked for the addresses of names; without any the system is.
    var resolvers: [SocketAddress] = []

    /// The names whose addresses are to be found before the line can serve.
    var names: [UpstreamName] {
        entries.compactMap { entry in
            guard case .name(let name) = entry.kind else { return nil }
            return name
        }
    }

    static let directive = DirectiveDeclaration<ForwardConfiguration>(
        name: "forward", summary: "passes queries on to other servers, the upstreams", oncePerBlock: false,
        arguments: .init(
            usage: "FROM TO...",
            summary: "the zone whose queries are passed on, and up to \(maximumTargets) upstreams: "
                + "addresses or names with or without port, with tls:// or https:// before them, "
                + "or files like /etc/resolv.conf",
            read: readArguments),
        options: choosing + watching + connecting + securing, check: check)
}

import Corefile
import DNSServer

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

    /// The zone whose queries are forwarded.
    var from = "."
    /// The zone argument as it was written, when it stands for more zones than the one that is used.
    var narrowedFrom: String?
    /// Where to.
    var upstreams: [SocketAddress] = []
    /// Lines of resolver files that named no address.
    var rejected: [String] = []
    /// Zones below that are not forwarded.
    var except: [String] = []
    var policy = Policy.random
    /// Failed probes after which an upstream is left out; 0 turns probing off.
    var maximumFails = 2
    var healthCheck = HealthCheck()
    /// How many queries may wait at a time, all workers together; 0 is no limit.
    var maximumConcurrent = 0
    var forcesTCP = false
    var prefersUDP = false
    /// How long connections and sockets are kept without use.
    var expire = Duration.seconds(10)
    /// How long one upstream has for its reply.
    var readTimeout = Duration.seconds(2)

    static let directive = DirectiveDeclaration<ForwardConfiguration>(
        name: "forward", summary: "passes queries on to other servers, the upstreams", oncePerBlock: false,
        arguments: .init(
            usage: "FROM TO...",
            summary: "the zone whose queries are passed on, and up to \(maximumTargets) upstreams: "
                + "addresses with or without port, or files like /etc/resolv.conf",
            read: readArguments),
        options: [
            .init("except", usage: "ZONES...", "zones that are not passed on", repetition: .adds, read: readExcept),
            .init(
                "policy", usage: "random|round_robin|sequential", "the order in which upstreams are tried",
                defaultText: "random"
            ) { configuration, reader throws(ConfigurationError) in
                configuration.policy = try reader.choice("policy")
                try reader.finish()
            },
            .integer(
                "max_fails", "failed probes after which an upstream is left out; 0 turns probing off", \.maximumFails,
                in: 0...Int(UInt32.max), defaultText: "2"),
            .init(
                "health_check", usage: "DURATION [no_rec] [domain FQDN]",
                "how often a failing upstream is probed, and how",
                defaultText: "0.5s", read: readHealthCheck),
            .integer(
                "max_concurrent", usage: "MAX", "how many queries may wait for upstreams at a time; 0 is no limit",
                \.maximumConcurrent, in: 0...Int.max, defaultText: "0"
            ) { $0.kind == .outOfRange ? "max_concurrent can't be negative: \($0.text)" : nil },
            .flag("force_tcp", "asks over TCP, also when the query came over UDP", \.forcesTCP),
            .flag("prefer_udp", "asks over UDP first, also when the query came over TCP", \.prefersUDP),
            .duration(
                "expire", "how long connections and sockets are kept without use", \.expire, min: .zero,
                defaultText: "10s"
            ) { $0.kind == .outOfRange ? "expire can't be negative: \(printed($0.text))" : nil },
            .duration(
                "read_timeout", "how long one upstream has for its reply", \.readTimeout, min: .nanoseconds(1),
                defaultText: "2s"
            ) { $0.kind == .outOfRange ? "read_timeout must be positive: \(printed($0.text))" : nil },
        ] + unserved)

    private static let unserved: [OptionDeclaration<ForwardConfiguration>] = [
        .unserved("max_connect_attempts", usage: "N", "attempts for one query"),
        .unserved("tls", usage: "[CERT KEY] [CA]", "the certificates for upstreams over TLS"),
        .unserved("tls_servername", usage: "NAME", "the name in the upstreams' certificates"),
        .unserved("max_age", usage: "DURATION", "how long a connection is used"),
        .unserved("max_idle_conns", usage: "N", "how many connections are kept without use"),
        .unserved("doh_method", usage: "GET|POST", "how upstreams over HTTPS are asked"),
        .unserved("next", usage: "RCODE...", "replies that let the next forward try"),
        .unserved("next_on_nodata", "lets the next forward try when there is no data"),
        .unserved("failover", usage: "RCODE...", "replies that let the next upstream try"),
        .unserved("failfast_all_unhealthy_upstreams", "fails at once when all upstreams are down"),
        .unserved("resolver", usage: "IP...", "servers that resolve upstreams given by name"),
        .unserved("source_address", usage: "IP", "the address that queries are sent from"),
    ]

    private static func printed(_ text: String) -> String {
        guard let duration = try? GoDuration.parse(text) else { return text }
        return GoDuration.print(duration)
    }

    private static let readExcept: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        configuration.except += try reader.zone("ZONES...")
        configuration.except += try reader.zones(default: [])
    }

    private static let readHealthCheck: DirectiveDeclaration<ForwardConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        var check = HealthCheck()
        check.interval = try reader.duration("health_check", min: .zero) { problem in
            problem.kind == .outOfRange ? "health_check can't be negative: \(nanoseconds(problem.text))" : nil
        }
        while let word = try reader.optionalNext() {
            switch word.text {
            case "no_rec": check.isRecursive = false
            case "domain": check.domain = try domain(&reader)
            default:
                throw reader.fail(
                    .invalidValue, "health_check: unknown option \(word.text)", hint: "expected no_rec or domain FQDN")
            }
        }
        configuration.healthCheck = check
    }

    private static func domain(_ reader: inout ArgumentReader) throws(ConfigurationError) -> String {
        let token = try reader.next("FQDN")
        guard let zones = try? ZoneExpansion.zones(token.text), zones.count == 1 else {
            throw reader.fail(.invalidValue, "health_check: invalid domain name \(token.text)")
        }
        return zones[0]
    }

    /// The number that CoreDNS prints for a duration.
    private static func nanoseconds(_ text: String) -> String {
        guard let (seconds, attoseconds) = try? GoDuration.parse(text).components else { return text }
        return "\(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)"
    }
}

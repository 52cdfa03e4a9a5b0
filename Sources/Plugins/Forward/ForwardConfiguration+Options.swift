import Corefile
import DNSServer
import DNSWire

/// The options, in the order of the page.
extension ForwardConfiguration {
    typealias Option = OptionDeclaration<ForwardConfiguration>

    /// Which queries are passed on, to whom, and what becomes of the replies.
    static let choosing: [Option] = [
        .init("except", usage: "ZONES...", "zones that are not passed on", repetition: .adds) {
            configuration, reader throws(ConfigurationError) in
            configuration.except += try reader.zone("ZONES...")
            configuration.except += try reader.zones(default: [])
        },
        .init(
            "policy", usage: "random|round_robin|sequential", "the order in which upstreams are tried",
            defaultText: "random"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.policy = try reader.choice("policy")
        },
        .init(
            "max_connect_attempts", usage: "N",
            "attempts for one query; 0 is no limit but the time and three messages an upstream",
            defaultText: "two for each upstream"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.maximumAttempts = try reader.integer("max_connect_attempts", in: 0...Int(UInt32.max))
        },
        .init("failover", usage: "RCODE...", "replies that let the next upstream try", repetition: .adds) {
            configuration, reader throws(ConfigurationError) in
            for (code, token) in try codes(&reader) {
                guard code != .noError else {
                    throw reader.fail(
                        .invalidValue, "NoError cannot be used in failover",
                        hint: "next_on_nodata is for empty replies", at: token)
                }
                configuration.failoverCodes.insert(code)
            }
        },
        .init("next", usage: "RCODE...", "replies that let the next forward line try", repetition: .adds) {
            configuration, reader throws(ConfigurationError) in
            configuration.nextCodes.formUnion(try codes(&reader).map(\.code))
        },
        .flag("next_on_nodata", "lets the next forward line try when there is no data", \.nextOnNoData),
        .flag("failfast_all_unhealthy_upstreams", "fails at once when all upstreams are down", \.failsFast),
    ]

    /// Health and load.
    static let watching: [Option] = [
        .integer(
            "max_fails", "failed probes after which an upstream is left out; 0 turns probing off", \.maximumFails,
            in: 0...Int(UInt32.max), defaultText: "2"),
        .init(
            "health_check", usage: "DURATION [no_rec] [domain FQDN]", "how often a failing upstream is probed, and how",
            defaultText: "0.5s", read: readHealthCheck),
        .integer(
            "max_concurrent", usage: "MAX", "how many queries may wait for upstreams at a time; 0 is no limit",
            \.maximumConcurrent, in: 0...Int.max, defaultText: "0"
        ) { $0.kind == .outOfRange ? "max_concurrent can't be negative: \($0.text)" : nil },
        .duration(
            "read_timeout", "how long one upstream has for its reply", \.readTimeout, min: .nanoseconds(1),
            defaultText: "2s"
        ) { $0.kind == .outOfRange ? "read_timeout must be positive: \(printed($0.text))" : nil },
    ]

    /// Codes as CoreDNS spells them, each with the word it stood in.
    private static func codes(
        _ reader: inout ArgumentReader
    ) throws(ConfigurationError) -> [(code: ResponseCode, token: Token)] {
        var codes: [(ResponseCode, Token)] = []
        for token in try reader.remaining(atLeastOne: "RCODE...") {
            let text = token.text.uppercased()
            guard let code = otherCodes[text] ?? ResponseCode(parsing: text) else {
                throw reader.fail(
                    .invalidValue, "\(QuotedText.excerpt(token.text)) is not a valid rcode",
                    hint: "such as NXDOMAIN, SERVFAIL or REFUSED", at: token)
            }
            codes.append((code, token))
        }
        return codes
    }

    /// Further names that CoreDNS knows.
    private static let otherCodes: [String: ResponseCode] = [
        "NOTIMPL": .notImplemented, "BADSIG": .badVersion, "DSOTYPENI": ResponseCode(rawValue: 11),
    ]

    /// A duration in the form in which CoreDNS repeats it.
    static func printed(_ text: String) -> String {
        guard let duration = try? GoDuration.parse(text) else { return text }
        return GoDuration.print(duration)
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

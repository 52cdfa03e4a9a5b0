@testable import Corefile

/// What a cache needs to know: a first argument that may be a number, zones, numbers with bounds, a pair of options.
struct CacheSettings: Sendable, Equatable {
    var successTTL = 3600
    var denialTTL = 1800
    var capacity = 9984
    var minimumTTL = 5
    var zones: [String] = []
    var keepsTTL = false
    var servesStale = false
    var hasStalePolicy = false
    var disabled: [String: [String]] = [:]

    static let directive = DirectiveDeclaration<CacheSettings>(
        name: "cache", summary: "keeps replies for as long as their TTL allows",
        arguments: .init(usage: "[TTL] [ZONES...]", summary: "longest life in seconds; zones", defaultText: "3600") {
            settings, reader throws(ConfigurationError) in
            if let first = reader.upcoming, Int(first.text) != nil {
                settings.successTTL = try reader.integer("TTL", in: 1...Int.max, message: positive)
                settings.denialTTL = settings.successTTL
            }
            settings.zones = try reader.zones()
        },
        options: [
            .init("success", usage: "CAPACITY [TTL] [MINTTL]", "replies kept, and for how long", defaultText: "9984") {
                settings, reader throws(ConfigurationError) in
                settings.capacity = try reader.integer("CAPACITY")
                if reader.upcoming != nil {
                    settings.successTTL = try reader.integer("TTL", in: 1...Int.max, message: positive)
                }
                if reader.upcoming != nil { settings.minimumTTL = try reader.integer("MINTTL", in: 0...3600) }
                try reader.finish()
            },
            .init("disable", usage: "success|denial [ZONES...]", "zones not kept", repetition: .adds) {
                settings, reader throws(ConfigurationError) in
                let type = try reader.choice("type", ["success", "denial"]) { _ in
                    "cache type for disable must be \"success\" or \"denial\""
                }
                settings.disabled[type, default: []] += try reader.zones(default: ["."])
            },
            .flag("keepttl", "give the TTL unchanged", \.keepsTTL),
            .init("serve_stale", "give old replies when there are no new ones", repetition: .forbidden) {
                settings, reader throws(ConfigurationError) in
                try reader.finish()
                settings.servesStale = true
            },
            .flag("serve_stale_policy", "which old replies", \.hasStalePolicy),
        ],
        check: { settings, reader throws(ConfigurationError) in
            if settings.hasStalePolicy, !settings.servesStale {
                throw reader.fail(.conflictingOptions, "serve_stale_policy requires serve_stale")
            }
        })

    static let positive: @Sendable (ValueProblem) -> String? = { problem in
        problem.kind == .outOfRange ? "cache TTL can not be zero or negative: \(problem.text)" : nil
    }
}

/// What a forwarder needs to know: used several times in a block, required arguments, an option that reads one word.
struct ForwardSettings: Sendable, Equatable {
    enum Policy: String, CaseIterable { case random, sequential, roundRobin = "round_robin" }

    var from = ""
    var to: [String] = []
    var maximumConcurrent = 0
    var policy = Policy.random
    var forcesTCP = false
    var expire = Duration.seconds(10)

    static let directive = DirectiveDeclaration<ForwardSettings>(
        name: "forward", summary: "asks other servers", oncePerBlock: false,
        arguments: .init(usage: "FROM TO...", summary: "the zone, and the servers to ask") {
            settings, reader throws(ConfigurationError) in
            settings.from = try reader.zone("FROM")[0]
            settings.to = try reader.remaining(atLeastOne: "TO").map(\.text)
        },
        options: [
            .init("max_concurrent", usage: "N", "queries waiting at once") {
                settings, reader throws(ConfigurationError) in
                settings.maximumConcurrent = try reader.integer("max_concurrent", in: 0...Int.max) { problem in
                    problem.kind == .outOfRange ? "max_concurrent can't be negative: \(problem.text)" : nil
                }
            },
            .init("policy", usage: "random|round_robin|sequential", "whom to ask first", defaultText: "random") {
                settings, reader throws(ConfigurationError) in
                settings.policy = try reader.choice("policy")
            },
            .flag("force_tcp", "use TCP", \.forcesTCP),
            .duration("expire", "close idle connections after", \.expire, min: .zero, defaultText: "10s"),
        ])
}

/// What a health endpoint needs to know: an optional address and a duration with CoreDNS's own words for mistakes.
struct HealthSettings: Sendable, Equatable {
    var address = HostPort(host: "", port: 8080)
    var lameduck = Duration.zero

    static let directive = DirectiveDeclaration<HealthSettings>(
        name: "health", summary: "answers liveness probes",
        arguments: .init(usage: "[ADDRESS]", summary: "where to listen", defaultText: ":8080") {
            settings, reader throws(ConfigurationError) in
            if reader.upcoming != nil { settings.address = try reader.address("ADDRESS") }
        },
        options: [
            .duration("lameduck", "go on for this long after a stop", \.lameduck, defaultText: "0s") { problem in
                problem.kind == .malformed
                    ? "unable to parse lameduck duration value: '\(problem.text)' : \(problem.message)" : nil
            }
        ])
}

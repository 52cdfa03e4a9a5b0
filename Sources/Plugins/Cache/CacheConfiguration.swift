import Corefile

/// What `cache` is told.
struct CacheConfiguration: Sendable {
    /// The settings of one of the two caches.
    struct Side: Sendable, Hashable {
        /// How many replies are kept, as the user wrote it; ``CacheStore`` rounds it.
        var capacity = 10_000
        /// The longest and the shortest time that a reply is kept, in seconds.
        var maximumTTL: UInt32
        var minimumTTL: UInt32 = 5
        /// Zones whose replies are not kept here.
        var disabledZones: [String] = []
    }

    /// The zones whose names are looked up.
    var zones: [String] = []
    /// For replies with an answer, and for referrals.
    var success = Side(maximumTTL: 3_600)
    /// For replies that say that there is nothing, and for failures.
    var denial = Side(maximumTTL: 1_800)
    /// How long a failure of the source is kept, in seconds; 0 is not at all.
    var failureTTL: UInt32 = 5
    /// Whether answers from the cache carry the TTL that they had when they came.
    var keepsTTL = false

    static let directive = DirectiveDeclaration<CacheConfiguration>(
        name: "cache", summary: "keeps replies and answers from them until they expire",
        arguments: .init(
            usage: "[TTL] [ZONES...]",
            summary: "the longest time a reply is kept, in seconds, and the zones whose names are looked up",
            defaultText: "3600 (success) and 1800 (denial); the zones of the server block", read: readArguments),
        options: [
            side("success", "replies with an answer", \.success, defaultText: "9984 3600 5"),
            side(
                "denial", "replies that say that a name or a type does not exist", \.denial, defaultText: "9984 1800 5"),
            .unserved("prefetch", usage: "AMOUNT [DURATION] [PERCENTAGE%]", "asks again before popular replies expire"),
            .unserved("serve_stale", usage: "[DURATION] [REFRESH_MODE]", "answers with expired replies"),
            .unserved("serve_stale_policy", usage: "POLICY", "which expired replies come first"),
            .init(
                "servfail", usage: "DURATION", "how long a failure of the source is kept, up to 5m; 0 is not at all",
                defaultText: "5s", read: readFailureTTL),
            .init(
                "disable", usage: "success|denial [ZONES...]", "keeps no such replies of these zones, or of any",
                read: readDisable),
            .flag("keepttl", "answers carry the TTL that the reply came with, not what is left of it", \.keepsTTL),
        ],
        unknownOption: { "Wrong argument count or unexpected line ending after '\($0)'" })

    /// The longest TTL there can be (RFC 2181 §8).
    private static let longestTTL = Int(Int32.max)

    private static let readArguments: DirectiveDeclaration<CacheConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        if let token = reader.upcoming, Int(token.text) != nil {
            let ttl = try maximumTTL(&reader)
            configuration.success.maximumTTL = ttl
            configuration.denial.maximumTTL = ttl
        }
        configuration.zones = try reader.zones()
    }

    private static func maximumTTL(_ reader: inout ArgumentReader) throws(ConfigurationError) -> UInt32 {
        UInt32(
            try reader.integer("TTL", in: 1...longestTTL) { problem in
                problem.text.first == "-" || Int(problem.text) == 0
                    ? "cache TTL can not be zero or negative: \(problem.text)" : nil
            })
    }

    private static func minimumTTL(_ reader: inout ArgumentReader) throws(ConfigurationError) -> UInt32 {
        UInt32(
            try reader.integer("MINTTL", in: 0...longestTTL) { problem in
                problem.kind == .outOfRange && problem.text.first == "-"
                    ? "cache min TTL can not be negative: \(problem.text)" : nil
            })
    }

    private static func side(
        _ name: String, _ summary: String, _ path: any WritableKeyPath<CacheConfiguration, Side> & Sendable,
        defaultText: String
    ) -> OptionDeclaration<CacheConfiguration> {
        .init(
            name, usage: "CAPACITY [TTL] [MINTTL]", "how many \(summary) are kept, and how long in seconds",
            defaultText: defaultText
        ) { configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path].capacity = try reader.integer("CAPACITY")
            if reader.upcoming != nil { configuration[keyPath: path].maximumTTL = try maximumTTL(&reader) }
            if reader.upcoming != nil { configuration[keyPath: path].minimumTTL = try minimumTTL(&reader) }
            try reader.finish()
        }
    }

    private static let readFailureTTL: DirectiveDeclaration<CacheConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        let duration = try reader.duration("servfail", min: .zero, max: .seconds(300)) { problem in
            guard problem.kind == .outOfRange else { return nil }
            return problem.text.first == "-"
                ? "invalid negative ttl for servfail" : "caching SERVFAIL responses over 5 minutes is not permitted"
        }
        configuration.failureTTL = UInt32(clamping: duration.components.seconds)
        try reader.finish()
    }

    private static let readDisable: DirectiveDeclaration<CacheConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        let kind = try reader.choice("cache type", ["success", "denial"]) { problem in
            problem.kind == .malformed ? "cache type for disable must be \"success\" or \"denial\"" : nil
        }
        let zones = try reader.zones(default: ["."])
        if kind == "success" {
            configuration.success.disabledZones = zones
        } else {
            configuration.denial.disabledZones = zones
        }
    }
}

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

    /// Which replies are asked for again before they expire: those that many asked for.
    struct Prefetch: Sendable, Equatable {
        /// How often a reply must have been asked for; 0 turns it off.
        var amount = 0
        /// The longest pause between two of those queries.
        var gap = Duration.seconds(60)
        /// What is left of the TTL when it is asked for again, in percent.
        var percentage = 10
    }

    /// What becomes of replies that have expired.
    struct Stale: Sendable, Equatable {
        /// How long they still answer; zero is not at all.
        var limit = Duration.zero
        /// Whether the source is asked before they answer, not after.
        var verifies = false
        /// How long the source is waited for; zero is until it answers or fails.
        var timeout = Duration.zero
        /// The TTL that they answer with, in seconds.
        var ttl: UInt32 = 0
        /// How long the source is left alone with a question after it has failed.
        var recheck = Duration.zero
    }

    /// The zones whose names are looked up.
    var zones: [String] = []
    /// For replies with an answer, and for referrals.
    var success = Side(maximumTTL: 3_600)
    /// For replies that say that there is nothing, and for failures.
    var denial = Side(maximumTTL: 1_800)
    /// How long a failure of the source is kept, in seconds; 0 is not at all.
    var failureTTL: UInt32 = 5
    /// How many octets a reply may have to be kept.
    var largestReply = 8_192
    /// Whether answers from the cache carry the TTL that they had when they came.
    var keepsTTL = false
    var prefetch = Prefetch()
    /// What becomes of expired replies; nil when it is not said.
    var stale: Stale?
    /// Where `serve_stale_policy prefer_positive` stands: answers outlive denials; nil without it.
    var policy: Token?

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
            prefetch, serveStale, serveStalePolicy,
            .init(
                "servfail", usage: "DURATION", "how long a failure of the source is kept, up to 5m; 0 is not at all",
                defaultText: "5s", read: readFailureTTL),
            .init(
                "disable", usage: "success|denial [ZONES...]", "keeps no such replies of these zones, or of any",
                read: readDisable),
            .integer(
                "max_size", usage: "OCTETS", "how many octets a reply may have to be kept, 512 to 65535",
                \.largestReply, in: 512...65_535, defaultText: "8192"),
            .flag("keepttl", "answers carry the TTL that the reply came with, not what is left of it", \.keepsTTL),
        ],
        unknownOption: { "Wrong argument count or unexpected line ending after '\($0)'" },
        check: { configuration, reader throws(ConfigurationError) in
            guard let policy = configuration.policy, configuration.stale == nil else { return }
            throw reader.fail(
                .conflictingOptions, "serve_stale_policy requires serve_stale",
                hint: "add a line 'serve_stale' to the block", at: policy)
        })

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
    }

    private static let readDisable: DirectiveDeclaration<CacheConfiguration>.Read = {
        configuration, reader throws(ConfigurationError) in
        let kind = try reader.choice("cache type", ["success", "denial"]) { problem in
            problem.kind == .malformed ? "cache type for disable must be \"success\" or \"denial\"" : nil
        }
        var zones: [String] = []
        while reader.upcoming != nil { zones += try disabledZone(&reader) }
        try reader.finish()
        if zones.isEmpty { zones = ["."] }
        if kind == "success" {
            configuration.success.disabledZones = zones
        } else {
            configuration.denial.disabledZones = zones
        }
    }

    private static func disabledZone(_ reader: inout ArgumentReader) throws(ConfigurationError) -> [String] {
        do throws(ConfigurationError) {
            return try reader.zone("ZONE")
        } catch {
            throw reader.fail(
                error.code, "invalid disabled zone: \(QuotedText.excerpt(reader.last.text))", hint: error.message)
        }
    }
}

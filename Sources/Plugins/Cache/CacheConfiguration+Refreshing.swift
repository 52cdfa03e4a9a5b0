import Corefile

/// How `prefetch`, `serve_stale` and `serve_stale_policy` are read.
extension CacheConfiguration {
    // MARK: prefetch

    static let prefetch = OptionDeclaration<CacheConfiguration>(
        "prefetch", usage: "AMOUNT [DURATION] [PERCENTAGE%]",
        "asks again for replies that were asked for AMOUNT times without a pause of DURATION, when PERCENTAGE of their TTL is left",
        defaultText: "off; 1m and 10%"
    ) { configuration, reader throws(ConfigurationError) in
        var prefetch = Prefetch()
        prefetch.amount = try reader.integer("AMOUNT", in: 0...Int.max) {
            $0.kind == .outOfRange ? "prefetch amount should be positive: \($0.text)" : nil
        }
        if reader.upcoming != nil {
            prefetch.gap = try reader.duration("DURATION", min: .zero) {
                $0.kind == .outOfRange ? "prefetch duration can not be negative: \($0.text)" : nil
            }
        }
        if reader.upcoming != nil { prefetch.percentage = try percentage(&reader) }
        try reader.finish()
        configuration.prefetch = prefetch
    }

    private static func percentage(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Int {
        let token = try reader.next("PERCENTAGE%")
        let hint = "PERCENTAGE is written like 10%"
        guard token.text.last == "%" else {
            let last = token.text.last.map { "'\($0)'" } ?? "nothing"
            throw reader.fail(
                .invalidValue, "last character of percentage should be `%`, but is: \(last)", hint: hint)
        }
        let digits = String(token.text.dropLast())
        guard let value = Int(digits) else {
            throw reader.fail(
                .invalidValue, "strconv.Atoi: parsing \(QuotedText.doubleQuoted(digits)): invalid syntax", hint: hint)
        }
        guard (10...90).contains(value) else {
            throw reader.fail(.invalidValue, "percentage should fall in range [10, 90]: \(value)")
        }
        return value
    }

    // MARK: serve_stale

    static let serveStale = OptionDeclaration<CacheConfiguration>(
        "serve_stale",
        usage: "[DURATION] [immediate [RESPONSE_TTL [RECHECK]] | verify [TIMEOUT [RESPONSE_TTL [RECHECK]]]]",
        "answers with replies that expired up to DURATION ago, and asks for them again after that or before",
        defaultText: "off; 1h immediate 0s 0s, 1h verify 0s 0s 0s"
    ) { configuration, reader throws(ConfigurationError) in
        var stale = Stale(limit: .seconds(3_600))
        if reader.upcoming != nil {
            stale.limit = try reader.duration("DURATION", min: .zero) {
                $0.kind == .outOfRange ? "invalid negative duration for serve_stale" : nil
            }
        }
        if reader.upcoming != nil { stale.verifies = try verifies(&reader) }
        if stale.verifies, reader.upcoming != nil {
            stale.timeout = try reader.duration("TIMEOUT", min: .zero) {
                message($0, "verify timeout", negative: "invalid negative timeout for serve_stale verify")
            }
        }
        if reader.upcoming != nil { stale.ttl = try responseTTL(&reader) }
        if reader.upcoming != nil { stale.recheck = try recheck(&reader) }
        try reader.finish()
        configuration.stale = stale
    }

    private static func verifies(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Bool {
        let mode = try reader.next("REFRESH_MODE").text.lowercased()
        guard mode == "immediate" || mode == "verify" else {
            throw reader.fail(
                .invalidValue, "invalid value for serve_stale refresh mode: \(QuotedText.excerpt(mode))",
                hint: "expected one of: immediate, verify")
        }
        return mode == "verify"
    }

    private static func responseTTL(_ reader: inout ArgumentReader) throws(ConfigurationError) -> UInt32 {
        let ttl = try reader.duration("RESPONSE_TTL", min: .zero) {
            message($0, "response TTL", negative: "invalid negative response TTL for serve_stale")
        }
        let (seconds, attoseconds) = ttl.components
        guard attoseconds == 0 else {
            throw reader.fail(.invalidValue, "serve_stale response TTL must be a whole number of seconds")
        }
        guard let value = UInt32(exactly: seconds) else {
            throw reader.fail(.invalidValue, "serve_stale response TTL exceeds the DNS TTL range")
        }
        return value
    }

    private static func recheck(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Duration {
        try reader.duration("RECHECK", min: .zero, max: .seconds(300)) {
            let bound =
                $0.text.first == "-"
                ? "invalid negative failure recheck for serve_stale"
                : "serve_stale failure recheck cannot exceed 5 minutes"
            return message($0, "failure recheck", negative: bound)
        }
    }

    private static func message(_ problem: ValueProblem, _ what: String, negative: String) -> String? {
        switch problem.kind {
        case .malformed: "invalid serve_stale \(what): \(problem.message)"
        case .outOfRange: negative
        case .missing: nil
        }
    }

    // MARK: serve_stale_policy

    static let serveStalePolicy = OptionDeclaration<CacheConfiguration>(
        "serve_stale_policy", usage: "prefer_positive",
        "lets expired answers go before denials and failures that came later", defaultText: "off"
    ) { configuration, reader throws(ConfigurationError) in
        if let first = configuration.policy {
            throw reader.fail(
                .repeatedOption, "serve_stale_policy can only be specified once",
                hint: "first used at \(first.place)", at: reader.subject)
        }
        let token = try reader.next("prefer_positive")
        guard token.text.lowercased() == "prefer_positive" else {
            throw reader.fail(
                .invalidValue, "invalid serve_stale_policy: \(QuotedText.excerpt(token.text))",
                hint: "expected: prefer_positive")
        }
        try reader.finish()
        configuration.policy = reader.subject
    }
}

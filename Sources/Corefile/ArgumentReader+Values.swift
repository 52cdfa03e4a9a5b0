package import Basics

/// What is wrong with one argument, for plugins that have CoreDNS's own words for it.
package struct ValueProblem: Sendable, Hashable {
    /// The kinds of problem.
    package enum Kind: Sendable, Hashable {
        /// There is no argument.
        case missing
        /// The argument is not of its type.
        case malformed
        /// The argument is of its type and outside its bounds.
        case outOfRange
    }

    /// The kind.
    package let kind: Kind
    /// The argument as it is written; empty when it is missing.
    package let text: String
    /// The words used if the plugin has none of its own.
    package let message: String
}

/// Gives the message for a problem; `nil` takes the usual one.
package typealias ValueMessage = (ValueProblem) -> String?

extension ArgumentReader {
    /// A duration in Go's notation.
    ///
    /// - Parameters:
    ///   - bareUnit: the unit of a number without one; without it such a number is a mistake.
    /// - Throws: `wrongArgumentCount`, or `invalidValue` when it is no duration or outside the bounds.
    package mutating func duration(
        _ what: String, min: Duration? = nil, max: Duration? = nil, bareUnit: Duration? = nil,
        message: ValueMessage = { _ in nil }
    ) throws(ConfigurationError) -> Duration {
        let token = try word(what, message)
        let value: Duration
        if let bareUnit, let number = Int32(token.text) {
            value = bareUnit * Int(number)
        } else {
            do {
                value = try GoDuration.parse(token.text)
            } catch {
                throw problem(.malformed, "\(error)", message, hint: "\(what) is written like 500ms, 30s or 1h30m")
            }
        }
        guard value >= min ?? value, value <= max ?? value else {
            let bounds = Self.bounds(min.map(GoDuration.print), max.map(GoDuration.print))
            throw problem(.outOfRange, "\(what) must be \(bounds): \(GoDuration.print(value))", message)
        }
        return value
    }

    /// A whole number.
    ///
    /// - Throws: `wrongArgumentCount`, or `invalidValue` when it is no number or outside the bounds.
    package mutating func integer(
        _ what: String, in range: ClosedRange<Int>? = nil, message: ValueMessage = { _ in nil }
    ) throws(ConfigurationError) -> Int {
        let token = try word(what, message)
        guard let value = Int(token.text) else {
            let text = QuotedText.doubleQuoted(token.text)
            throw problem(
                .malformed, "strconv.Atoi: parsing \(text): invalid syntax", message,
                hint: "\(what) is a whole number")
        }
        if let range, !range.contains(value) {
            let rule =
                range.upperBound == .max
                ? "at least \(range.lowerBound)" : "in range [\(range.lowerBound), \(range.upperBound)]"
            throw problem(.outOfRange, "\(what) must be \(rule): \(value)", message)
        }
        return value
    }

    /// A number with a fraction.
    ///
    /// - Throws: `wrongArgumentCount`, or `invalidValue` when it is no finite number or outside the bounds.
    package mutating func double(
        _ what: String, in range: ClosedRange<Double>? = nil, message: ValueMessage = { _ in nil }
    ) throws(ConfigurationError) -> Double {
        let token = try word(what, message)
        guard let value = Double(token.text), value.isFinite else {
            let text = QuotedText.doubleQuoted(token.text)
            throw problem(
                .malformed, "strconv.ParseFloat: parsing \(text): invalid syntax", message,
                hint: "\(what) is a number")
        }
        if let range, !range.contains(value) {
            throw problem(
                .outOfRange, "\(what) must be in range [\(range.lowerBound), \(range.upperBound)]: \(value)", message)
        }
        return value
    }

    /// One of a few words.
    ///
    /// - Throws: `wrongArgumentCount`, or `invalidValue` when it is another word.
    package mutating func choice(
        _ what: String, _ words: [String], message: ValueMessage = { _ in nil }
    ) throws(ConfigurationError) -> String {
        let token = try word(what, message)
        if words.contains(token.text) { return token.text }
        throw problem(
            .malformed, "unknown \(what) '\(QuotedText.excerpt(token.text))'", message,
            hint: "expected one of: \(words.joined(separator: ", "))")
    }

    /// One of the cases of an enumeration, by its raw value.
    ///
    /// - Throws: as for a choice of words.
    package mutating func choice<Choice>(
        _ what: String, _ type: Choice.Type = Choice.self, message: ValueMessage = { _ in nil }
    ) throws(ConfigurationError) -> Choice where Choice: CaseIterable & RawRepresentable<String> {
        let text = try choice(what, Choice.allCases.map(\.rawValue), message: message)
        guard let value = Choice(rawValue: text) else { throw missing(what) }
        return value
    }

    /// The zones of all unread arguments; with none, `fallback`, or else the zones of the server block.
    ///
    /// - Throws: `invalidZone`.
    package mutating func zones(default fallback: [String]? = nil) throws(ConfigurationError) -> [String] {
        let tokens = try remaining()
        guard !tokens.isEmpty else { return fallback ?? serverZones }
        var zones: [String] = []
        for token in tokens { zones += try expand(token) }
        return zones
    }

    /// The zones one argument stands for: several for a CIDR off a label boundary.
    ///
    /// - Throws: `wrongArgumentCount` or `invalidZone`.
    package mutating func zone(_ what: String) throws(ConfigurationError) -> [String] {
        try expand(next(what))
    }

    /// A host and a port; without a default the port must be there.
    ///
    /// - Throws: `wrongArgumentCount` or `invalidValue`.
    package mutating func address(
        _ what: String, defaultPort: Int? = nil, message: ValueMessage = { _ in nil }
    ) throws(ConfigurationError) -> HostPort {
        let token = try word(what, message)
        do {
            return try HostPort(token.text, defaultPort: defaultPort)
        } catch {
            throw problem(.malformed, "\(error)", message, hint: "\(what) is written like :8080 or 127.0.0.1:8080")
        }
    }

    /// An address, or a prefix in CIDR notation.
    ///
    /// - Throws: `wrongArgumentCount` or `invalidValue`.
    package mutating func prefix(
        _ what: String, message: ValueMessage = { _ in nil }
    ) throws(ConfigurationError) -> IPPrefix {
        let token = try word(what, message)
        if let prefix = IPPrefix(token.text) ?? IPAddress(token.text).map({ IPPrefix($0) }) { return prefix }
        throw problem(
            .malformed, "invalid CIDR \(QuotedText.doubleQuoted(token.text))", message,
            hint: "\(what) is an IP address or ADDRESS/LENGTH")
    }

    private func expand(_ token: Token) throws(ConfigurationError) -> [String] {
        do {
            return try ZoneExpansion.zones(token.text)
        } catch {
            throw error.at(token, plugin: plugin)
        }
    }

    private mutating func word(_ what: String, _ message: ValueMessage) throws(ConfigurationError) -> Token {
        guard let token = try optionalNext() else {
            var error = missing(what)
            error.message = message(ValueProblem(kind: .missing, text: "", message: error.message)) ?? error.message
            throw error
        }
        return token
    }

    private func problem(
        _ kind: ValueProblem.Kind, _ usual: String, _ message: ValueMessage, hint: String? = nil
    ) -> ConfigurationError {
        let problem = ValueProblem(kind: kind, text: QuotedText.excerpt(last.text), message: usual)
        return fail(.invalidValue, message(problem) ?? usual, hint: hint)
    }

    private static func bounds(_ min: String?, _ max: String?) -> String {
        switch (min, max) {
        case (let min?, let max?): "between \(min) and \(max)"
        case (let min?, nil): "at least \(min)"
        case (nil, let max?): "at most \(max)"
        case (nil, nil): "a duration"
        }
    }
}

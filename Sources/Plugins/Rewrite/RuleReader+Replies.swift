import Corefile
import DNSWire

/// Rules for types and classes, and those that are about the reply alone.
extension RuleReader {
    mutating func readType() throws(ConfigurationError) -> RewriteRule {
        try checkCount("type")
        return RewriteRule(action: .type(try type(next()), to: try type(next())))
    }

    func type(_ token: Token) throws(ConfigurationError) -> RecordType {
        if let type = RecordType(parsing: token.text) { return type }
        throw fail(
            "invalid type \(QuotedText.doubleQuoted(token.text.uppercased()))", hint: "a type such as A or TYPE65",
            at: token)
    }

    mutating func readClass() throws(ConfigurationError) -> RewriteRule {
        try checkCount("class")
        return RewriteRule(action: .recordClass(try recordClass(next()), to: try recordClass(next())))
    }

    func recordClass(_ token: Token) throws(ConfigurationError) -> RecordClass {
        if let recordClass = RecordClass(parsing: token.text) { return recordClass }
        throw fail(
            "invalid class \(QuotedText.doubleQuoted(token.text.uppercased()))", hint: "a class such as IN or CH",
            at: token)
    }

    func checkCount(_ kind: String) throws(ConfigurationError) {
        guard words.count != 2 else { return }
        throw fail("\(kind) rules must have exactly two arguments", hint: "write '\(kind) FROM TO'")
    }

    mutating func readTTL() throws(ConfigurationError) -> RewriteRule {
        guard words.count >= 2 else {
            throw fail("too few (\(words.count)) arguments for a ttl rule", hint: "write 'ttl [KIND] NAME SECONDS'")
        }
        let names = try readNames("ttl", values: 1)
        let token = next()
        guard let range = Self.range(token.text) else {
            throw fail(
                "invalid TTL '\(QuotedText.excerpt(token.text))' for a ttl rule",
                hint: "SECONDS is a number, or a range such as 30-300, 30- or -300")
        }
        return RewriteRule(action: .reply(names), answers: [.ttl(range)])
    }

    /// The longest time that a TTL can say (RFC 2181 §8).
    fileprivate static let longestTTL: UInt32 = 2_147_483_647

    /// A number, or two with a dash between, one of which may be left out.
    static func range(_ text: String) -> ClosedRange<UInt32>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        func number(_ text: Substring) -> UInt32? { text.allSatisfy(\.isASCIIDigit) ? UInt32(text) : nil }
        guard parts.count == 2 else { return parts.count == 1 ? number(parts[0]).map { $0...$0 } : nil }
        guard !(parts[0].isEmpty && parts[1].isEmpty) else { return nil }
        guard let least = parts[0].isEmpty ? 0 : number(parts[0]) else { return nil }
        guard let most = parts[1].isEmpty ? longestTTL : number(parts[1]) else { return nil }
        return least <= most ? least...most : nil
    }

    mutating func readCode() throws(ConfigurationError) -> RewriteRule {
        guard words.count >= 3 else {
            throw fail("too few (\(words.count)) arguments for a rcode rule", hint: "write 'rcode [KIND] NAME FROM TO'")
        }
        let names = try readNames("rcode", values: 2)
        let old = try code(next(), "matching")
        return RewriteRule(action: .reply(names), answers: [.code(old: old, new: try code(next(), "replacement"))])
    }

    func code(_ token: Token, _ what: String) throws(ConfigurationError) -> ResponseCode {
        if let code = ResponseCode(parsing: token.text) { return code }
        if let number = UInt16(token.text), number <= 23 { return ResponseCode(rawValue: number) }
        throw fail(
            "invalid \(what) RCODE '\(QuotedText.excerpt(token.text))' for a rcode rule",
            hint: "a name such as NXDOMAIN, or 0 to 23",
            at: token)
    }

    /// `[KIND] NAME` in front of `values` more words.
    mutating func readNames(_ rule: String, values: Int) throws(ConfigurationError) -> NamePattern {
        guard words.count <= values + 2 else {
            throw fail(
                "many few arguments for a \(rule) rule", hint: "'\(words[values + 2].text)' is one too many",
                at: words[values + 2])
        }
        guard words.count == values + 2 else { return try pattern("exact", next(), rule) }
        let kind = next().text.lowercased()
        guard NamePattern.words.contains(kind) else {
            throw fail("\(rule) rule supports only exact, prefix, suffix, substring, and regex name matching")
        }
        return try pattern(kind, next(), rule)
    }

    mutating func readAlias() throws(ConfigurationError) -> RewriteRule {
        guard words.count == 2 || words.count == 3 else {
            throw fail("too few (\(words.count)) arguments for a cname rule", hint: "write 'cname [KIND] TARGET NEW'")
        }
        let kind = words.count == 2 ? "exact" : next().text.lowercased()
        guard NamePattern.words.contains(kind) else {
            throw fail(
                "unknown cname rewrite type: \(QuotedText.excerpt(kind))",
                hint: "expected one of: \(NamePattern.words.joined(separator: ", "))")
        }
        let isExact = kind == "exact"
        let pattern = try pattern(kind, next(), "cname", isName: isExact)
        let to = next().text
        let replacement = isExact ? NamePattern.name(to) : Array(to.lowercased().utf8)
        return RewriteRule(
            action: .replies, answers: [.alias(AliasRule(pattern: pattern, replacement: Replacement(replacement)))])
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

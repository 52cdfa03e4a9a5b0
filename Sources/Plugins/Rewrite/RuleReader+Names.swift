import Corefile
import LinearRegex

/// Rules for names, and what they ask of the reply.
extension RuleReader {
    mutating func readName() throws(ConfigurationError) -> RewriteRule {
        guard words.count >= 2 else {
            throw fail(
                "too few arguments for a name rule", hint: "write 'name [exact|prefix|suffix|substring|regex] FROM TO'")
        }
        let kind = words.count == 2 ? "exact" : next().text.lowercased()
        guard NamePattern.words.contains(kind) else {
            throw fail(
                "name rule supports only exact, prefix, suffix, substring, and regex name matching, received: "
                    + QuotedText.excerpt(kind),
                hint: "with more than two words behind 'name' the first one is the kind")
        }
        let from = next()
        let pattern = try pattern(kind, from, "name")
        let to = next()
        let replacement = Replacement(NamePattern.name(to.text))
        if case .regex(let regex) = pattern { try check(replacement, regex, to) }
        let answers = try readAnswers(kind)
        switch pattern {
        case .suffix(let suffix) where answers.isAuto:
            // What is behind the names of the answer is what was put behind the question's.
            let rule = TextRule.suffix(replacement.octets, by: suffix)
            return RewriteRule(
                action: .name(pattern, replacement, restores: false),
                answers: [.name(rule), .value(rule)] + answers.rules)
        case .suffix: return RewriteRule(action: .name(pattern, replacement, restores: false), answers: answers.rules)
        case .exact: return RewriteRule(action: .name(pattern, replacement, restores: true), answers: answers.rules)
        default:
            return RewriteRule(
                action: .name(pattern, replacement, restores: answers.isAuto), answers: answers.rules)
        }
    }

    /// `answer auto`, `answer name REGEX TEXT`, `answer value REGEX TEXT`, in any number; `answer` is said once at least.
    mutating func readAnswers(_ kind: String) throws(ConfigurationError) -> (isAuto: Bool, rules: [AnswerRule]) {
        guard !words.isEmpty else { return (false, []) }
        guard words.count >= 2 else { throw fail("invalid arguments for \(kind) rule", hint: Self.answers) }
        guard words[0].text == "answer" else {
            throw fail(
                "exceeded the number of arguments for a non-answer rule argument for \(kind) rule", hint: Self.answers,
                at: words[0])
        }
        var (isAuto, rules, auto): (Bool, [AnswerRule], Token?) = (false, [], nil)
        var hasNames = false
        while !words.isEmpty {
            if words[0].text == "answer" { _ = next() }
            guard !words.isEmpty else {
                throw fail("type missing for answer rule for \(kind) rule", hint: Self.answers)
            }
            let token = next()
            switch token.text {
            case "auto": (isAuto, auto) = (true, token)
            case "name":
                rules.append(.name(try readAnswer(token.text, kind)))
                hasNames = true
            case "value": rules.append(.value(try readAnswer(token.text, kind)))
            default:
                throw fail(
                    "invalid type \(QuotedText.doubleQuoted(token.text)) for answer rule for \(kind) rule",
                    hint: Self.answers)
            }
        }
        if let auto, hasNames {
            throw fail(
                "auto name answer rule cannot be combined with explicit name anwer rules",
                hint: "leave out 'answer auto' or 'answer name'", at: auto)
        }
        return (isAuto, rules)
    }

    fileprivate static let answers = "write 'answer auto', 'answer name REGEX TEXT' or 'answer value REGEX TEXT'"

    mutating func readAnswer(_ part: String, _ kind: String) throws(ConfigurationError) -> TextRule {
        let place = "\(part) answer rule for \(kind) rule"
        guard words.count >= 2 else { throw fail("\(place): 2 arguments required", hint: Self.answers) }
        let from = next()
        let regex = try regex(from, prefix: "\(place): ")
        let to = next()
        let replacement = Replacement(NamePattern.name(to.text))
        try check(replacement, regex, to, prefix: "\(place): ")
        return .regex(regex, replacement)
    }

    func check(
        _ replacement: Replacement, _ regex: Regex, _ token: Token, prefix: String = ""
    ) throws(ConfigurationError) {
        guard replacement.groupCount > regex.groupCount else { return }
        throw fail(
            "\(prefix)the rewrite regex pattern (\(QuotedText.excerpt(token.text))) uses more subexpressions than its corresponding "
                + "matching regex pattern (\(QuotedText.excerpt(regex.pattern)))",
            hint: "{1} stands for the first pair of parentheses", at: token)
    }

    func pattern(
        _ kind: String, _ token: Token, _ rule: String, isName: Bool = true
    ) throws(ConfigurationError) -> NamePattern {
        guard kind != "regex" else { return .regex(try regex(token, rule: rule)) }
        guard let pattern = try? NamePattern(kind, token.text, isName: isName) else {
            throw fail("\(rule) rule supports only exact, prefix, suffix, substring, and regex name matching")
        }
        return pattern
    }

    func regex(
        _ token: Token, rule: String = "name", prefix: String = ""
    ) throws(ConfigurationError) -> Regex {
        let (text, length) = (QuotedText.excerpt(token.text), token.text.utf8.count)
        let isInName = rule == "name"
        guard length <= Regex.maximumPatternBytes else {
            throw fail(
                "\(prefix)regex pattern too long\(isInName ? "" : " in a \(rule) rule"): \(length) > \(Regex.maximumPatternBytes)",
                at: token)
        }
        do throws(RegexError) {
            return try Regex(token.text)
        } catch {
            let message = isInName ? "invalid regex matching pattern: " : "invalid regex pattern in a \(rule) rule: "
            throw fail("\(prefix)\(message)\(text)", hint: "\(error)", at: token)
        }
    }
}

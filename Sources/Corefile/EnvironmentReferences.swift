/// Replaces `{%NAME%}` and then `{$NAME}` in a word by values of the environment.
///
/// As in CoreDNS a name that is not set gives nothing, a value may hold further references, and an empty reference
/// (`{$}`) stays as it is and ends the replacing of its form.
struct EnvironmentReferences {
    /// The most replacements in one word: a value that names itself would go on for ever.
    static let maximumReplacements = 100

    let environment: [String: String]
    /// The longest word, in bytes, that replacing may give.
    let maximumBytes: Int

    /// Whether the word could hold a reference at all.
    static func mayOccur(in text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if previous == UInt8(ascii: "{"), byte == UInt8(ascii: "$") || byte == UInt8(ascii: "%") { return true }
            previous = byte
        }
        return false
    }

    /// The token with its references replaced.
    ///
    /// - Throws: `invalidEnvironmentReference` when the word grows too long or the values never end.
    func replace(in token: Token) throws(ConfigurationError) -> Token {
        guard Self.mayOccur(in: token.text) else { return token }
        var result = token
        var bytes = Array(token.text.utf8)
        bytes = try replace("{%", "%}", in: bytes, token)
        bytes = try replace("{$", "}", in: bytes, token)
        result.text = String(decoding: bytes, as: UTF8.self)
        return result
    }

    private func replace(
        _ start: String, _ end: String, in text: [UInt8], _ token: Token
    ) throws(ConfigurationError) -> [UInt8] {
        let (start, end) = (Array(start.utf8), Array(end.utf8))
        var text = text
        var replacements = 0
        while let from = Self.find(start, in: text, from: 0) {
            guard let to = Self.find(end, in: text, from: from), to > from + start.count else { break }
            let name = String(decoding: text[(from + start.count)..<to], as: UTF8.self)
            let value = Array((environment[name] ?? "").utf8)
            replacements += 1
            guard replacements <= Self.maximumReplacements, text.count + value.count <= maximumBytes else {
                throw Self.endless(name, token)
            }
            text.replaceSubrange(from..<(to + end.count), with: value)
        }
        return text
    }

    private static func endless(_ name: String, _ token: Token) -> ConfigurationError {
        ConfigurationError(
            .invalidEnvironmentReference,
            "environment variable '\(QuotedText.excerpt(name))' cannot be replaced", at: token,
            hint: "its value is too long, or refers to itself")
    }

    private static func find(_ pattern: [UInt8], in text: [UInt8], from start: Int) -> Int? {
        guard text.count >= pattern.count else { return nil }
        var index = start
        while index <= text.count - pattern.count {
            if text[index] == pattern[0], text[index..<(index + pattern.count)].elementsEqual(pattern) { return index }
            index += 1
        }
        return nil
    }
}

import Corefile

/// Reads the text of a ``LabelSelector``.
///
/// - Complexity: O(n) in octets; nothing nests.
struct LabelSelectorParser {
    private enum Token: Hashable {
        case word(String)
        case symbol(String)
        case end

        /// The token for messages.
        var text: String {
            switch self {
            case .word(let text), .symbol(let text): "'\(QuotedText.excerpt(text))'"
            case .end: "the end"
            }
        }
    }

    private let octets: [UInt8]
    private var position = 0
    private var next = Token.end

    init(_ text: String) {
        octets = Array(text.utf8)
        next = scan()
    }

    /// - Throws: what was found where something else was expected.
    mutating func requirements() throws(LabelSelector.Mistake) -> [LabelSelector.Requirement] {
        var all: [LabelSelector.Requirement] = []
        guard next != .end else { return all }
        repeat { all.append(try requirement()) } while take(.symbol(","))
        guard next == .end else { throw expected("',' or the end") }
        return all
    }

    private mutating func requirement() throws(LabelSelector.Mistake) -> LabelSelector.Requirement {
        if take(.symbol("!")) { return .init(key: try key(), test: .isMissing) }
        let key = try key()
        switch next {
        case .end, .symbol(","):
            return .init(key: key, test: .exists)
        case .symbol("="), .symbol("=="):
            advance()
            return .init(key: key, test: .isAmong([try value()]))
        case .symbol("!="):
            advance()
            return .init(key: key, test: .isNotAmong([try value()]))
        case .word("in"):
            advance()
            return .init(key: key, test: .isAmong(try values()))
        case .word("notin"):
            advance()
            return .init(key: key, test: .isNotAmong(try values()))
        default:
            throw expected("one of =, ==, !=, in, notin")
        }
    }

    private mutating func values() throws(LabelSelector.Mistake) -> Set<String> {
        guard take(.symbol("(")) else { throw expected("'('") }
        var values: Set<String> = []
        repeat { values.insert(try value()) } while take(.symbol(","))
        guard take(.symbol(")")) else { throw expected("',' or ')'") }
        return values
    }

    /// A value; nothing at all is the empty one.
    private mutating func value() throws(LabelSelector.Mistake) -> String {
        guard case .word(let text) = next else {
            guard next == .end || next == .symbol(",") || next == .symbol(")") else { throw expected("a value") }
            return ""
        }
        guard Self.isName(text) else {
            throw .init(
                description:
                    "'\(QuotedText.excerpt(text))' is no value of a label: at most 63 letters, digits, '-', '_' and '.'"
            )
        }
        advance()
        return text
    }

    /// A key: a name, which a domain name and a slash can stand in front of.
    private mutating func key() throws(LabelSelector.Mistake) -> String {
        guard case .word(let text) = next else { throw expected("a label's key") }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last, !name.isEmpty, Self.isName(name),
            parts.count == 1 || Self.isDomain(parts[0])
        else {
            throw .init(
                description:
                    "'\(QuotedText.excerpt(text))' is no key of a label, which is written like app or example.org/app")
        }
        advance()
        return text
    }

    // MARK: Texts

    /// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
    private static func isName(_ text: some StringProtocol) -> Bool {
        let octets = Array(text.utf8)
        guard let first = octets.first, let last = octets.last, octets.count <= 63 else { return text.isEmpty }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && octets.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                guard let first = label.utf8.first, let last = label.utf8.last else { return false }
                return isLowercase(first) && isLowercase(last)
                    && label.utf8.allSatisfy { isLowercase($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        isLowercase(octet) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet)
    }

    private static func isLowercase(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
    }

    // MARK: Tokens

    private func expected(_ what: String) -> LabelSelector.Mistake {
        .init(description: "found \(next.text), expected \(what)")
    }

    private mutating func advance() { next = scan() }

    /// Reads the next token if it is `token`.
    private mutating func take(_ token: Token) -> Bool {
        guard next == token else { return false }
        advance()
        return true
    }

    private mutating func scan() -> Token {
        while position < octets.count, Self.isBlank(octets[position]) { position += 1 }
        guard position < octets.count else { return .end }
        let start = position
        if Self.isSymbol(octets[position]) {
            position += 1
            // The only symbols of two characters end in an equals sign.
            if position < octets.count, octets[position] == UInt8(ascii: "="), "!=".utf8.contains(octets[start]) {
                position += 1
            }
            return .symbol(String(decoding: octets[start..<position], as: UTF8.self))
        }
        while position < octets.count, !Self.isSymbol(octets[position]), !Self.isBlank(octets[position]) {
            position += 1
        }
        return .word(String(decoding: octets[start..<position], as: UTF8.self))
    }

    private static func isBlank(_ octet: UInt8) -> Bool { " \t\r\n".utf8.contains(octet) }

    private static func isSymbol(_ octet: UInt8) -> Bool { "!=(),<>".utf8.contains(octet) }
}

import DNSWire
import LinearRegex

/// Which names a rule is for, and what becomes of them.
///
/// Shape: names are text, as octets, with their final dot; what is compared is in lower case, as CoreDNS has it. Texts are not cut into
/// labels: `suffix example.org` is for `badexample.org` as well, unless it begins with a dot.
enum NamePattern: Sendable {
    case exact([UInt8])
    case prefix([UInt8])
    case suffix([UInt8])
    case substring([UInt8])
    case regex(Regex)

    /// The words that name the kinds.
    static let words = ["exact", "prefix", "suffix", "substring", "regex"]

    /// Makes the pattern that `word`, in lower case, names; nil when no kind has that name.
    ///
    /// - Throws: what is wrong with a regular expression.
    init?(_ word: String, _ text: String, isName: Bool = true) throws(RegexError) {
        let octets = isName ? Self.name(text) : Array(text.lowercased().utf8)
        switch word {
        case "exact": self = .exact(octets)
        case "prefix": self = .prefix(octets)
        case "suffix": self = .suffix(octets)
        case "substring": self = .substring(octets)
        case "regex": self = .regex(try Regex(text))
        default: return nil
        }
    }

    /// A name of the Corefile as names are compared: in lower case and with a final dot.
    static func name(_ text: String) -> [UInt8] {
        var octets = Array(text.lowercased().utf8)
        // A dot behind an odd number of backslashes is a part of the last label.
        let isEscaped = octets.dropLast().reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
        if octets.last != UInt8(ascii: ".") || isEscaped { octets.append(UInt8(ascii: ".")) }
        return octets
    }

    /// Whether the rule is for the name.
    func matches(_ text: [UInt8]) -> Bool {
        switch self {
        case .exact(let name): text == name
        case .prefix(let prefix): text.starts(with: prefix)
        case .suffix(let suffix): text.ends(with: suffix)
        case .substring(let part): text.firstPlace(of: part, from: 0) != nil
        case .regex(let regex): regex.matches(text)
        }
    }

    /// The name with `replacement` in place of what matches; nil when nothing does.
    ///
    /// Of an exact name and a regular expression the whole name is replaced, of a substring each occurrence. `{N}` in the replacement of a
    /// regular expression stands for its group N.
    func replace(in text: [UInt8], by replacement: Replacement) -> [UInt8]? {
        switch self {
        case .exact(let name):
            return text == name ? replacement.octets : nil
        case .prefix(let prefix):
            return text.starts(with: prefix) ? replacement.octets + text.dropFirst(prefix.count) : nil
        case .suffix(let suffix):
            return text.ends(with: suffix) ? text.dropLast(suffix.count) + replacement.octets : nil
        case .substring(let part):
            return text.firstPlace(of: part, from: 0) == nil ? nil : text.replacing(part, by: replacement.octets)
        case .regex(let regex):
            return regex.firstMatch(in: text).map { replacement.filled(from: $0) }
        }
    }
}

/// What stands in the place of a name or of a part of it: text with `{0}`, `{1}` … for the groups of a regular expression.
struct Replacement: Sendable {
    /// The text as it stands.
    let octets: [UInt8]
    private let parts: [Part]

    private enum Part: Sendable {
        case text([UInt8])
        case group(Int)
    }

    init(_ octets: [UInt8]) {
        self.octets = octets
        var (parts, text, place): ([Part], [UInt8], Int) = ([], [], 0)
        while place < octets.count {
            if let (number, end) = Self.group(octets, at: place) {
                if !text.isEmpty { parts.append(.text(text)) }
                parts.append(.group(number))
                (text, place) = ([], end)
            } else {
                text.append(octets[place])
                place += 1
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    /// The number in braces at `place`, and where it ends; numbers above 100 are text.
    private static func group(_ octets: [UInt8], at place: Int) -> (number: Int, end: Int)? {
        guard octets[place] == UInt8(ascii: "{") else { return nil }
        let digits = octets[(place + 1)...].prefix { (0x30...0x39).contains($0) }
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != 0x30 else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard number <= 100, digits.endIndex < octets.count, octets[digits.endIndex] == UInt8(ascii: "}") else {
            return nil
        }
        return (number, digits.endIndex + 1)
    }

    /// How many different groups it names.
    var groupCount: Int {
        Set(parts.compactMap { if case .group(let number) = $0 { number } else { nil } }).count
    }

    /// The text with the groups of `match`; one that has not taken part is empty, one that does not exist stays as it is written.
    func filled(from match: RegexMatch) -> [UInt8] {
        var text: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let octets): text += octets
            case .group(let number) where number >= match.count: text += Array("{\(number)}".utf8)
            case .group(let number): text += Array((match[number] ?? "").utf8)
            }
        }
        return text
    }
}

extension [UInt8] {
    /// Whether `suffix` stands at the end.
    func ends(with suffix: [UInt8]) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }

    /// Where `part` begins for the first time, at `start` or behind it; an empty one is everywhere.
    func firstPlace(of part: [UInt8], from start: Int) -> Int? {
        guard count - part.count >= start else { return nil }
        return (start...(count - part.count)).first { self[$0..<($0 + part.count)].elementsEqual(part) }
    }

    /// The text with each `part` replaced, from left to right; they do not overlap.
    fileprivate func replacing(_ part: [UInt8], by replacement: [UInt8]) -> [UInt8] {
        guard !part.isEmpty else { return self }
        var (text, place): ([UInt8], Int) = ([], 0)
        while let found = firstPlace(of: part, from: place) {
            text += self[place..<found] + replacement
            place = found + part.count
        }
        return text + self[place...]
    }
}

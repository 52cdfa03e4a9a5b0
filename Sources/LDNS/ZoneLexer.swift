/// A word of a zone file, as written: with its quotes and escapes.
struct ZoneToken: Equatable {
    var text: ArraySlice<UInt8>
    /// From 1.
    var line: Int
    /// In bytes, from 1.
    var column: Int

    var string: String {
        String(decoding: text, as: UTF8.self)
    }
}

/// The words of one entry, lines within parentheses joined.
struct ZoneEntry: Equatable {
    var tokens: [ZoneToken]
    /// Whether the line began with a blank, so that the entry has the owner of the one before.
    var hasNoOwner: Bool
}

/// Cuts the text of a zone file into entries of words.
///
/// libldns has a lexer of its own, but that one has fixed buffers that a text with many lines in parentheses overruns, cuts
/// long lines without saying so, and knows no columns. So it gets only single clean lines.
/// *Source*: RFC 1035 §5.1.
struct ZoneLexer {
    /// The most bytes of one entry; libldns reads no more than 65,535 bytes of text.
    static let maximumEntryBytes = 60_000

    private let text: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    /// The next entry, or nil at the end.
    ///
    /// - Throws: `.syntax` for a NUL byte, an open quote or unbalanced parentheses; `.limit` for a very long entry.
    mutating func next() throws(LDNSError) -> ZoneEntry? {
        while position < text.count {
            let entry = try readEntry()
            if !entry.tokens.isEmpty { return entry }
        }
        return nil
    }

    private mutating func readEntry() throws(LDNSError) -> ZoneEntry {
        var entry = ZoneEntry(tokens: [], hasNoOwner: Self.isBlank(text[position]))
        var open: [ZoneToken] = []
        var size = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\n"):
                startLine()
                if open.isEmpty { return entry }
            case UInt8(ascii: ";"):
                position = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            case UInt8(ascii: "("):
                guard open.count < 64 else { throw error(.limit, "too many parentheses") }
                open.append(ZoneToken(text: [], line: line, column: column))
                position += 1
            case UInt8(ascii: ")"):
                guard open.popLast() != nil else { throw error(.syntax, "unbalanced )") }
                position += 1
            case let byte where Self.isBlank(byte):
                position += 1
            default:
                let token = try readToken()
                size += token.text.count + 1
                guard size <= Self.maximumEntryBytes else { throw LDNSError(.limit, "entry too long", at: token) }
                entry.tokens.append(token)
            }
        }
        if let last = open.last { throw LDNSError(.syntax, "unbalanced (", at: last) }
        return entry
    }

    private mutating func readToken() throws(LDNSError) -> ZoneToken {
        let start = position
        let startColumn = column
        var quote: ZoneToken?
        while position < text.count {
            let byte = text[position]
            if byte == 0 { throw error(.syntax, "NUL byte") }
            if byte == UInt8(ascii: "\n") { break }
            if byte == UInt8(ascii: "\\") {
                guard position + 1 < text.count, text[position + 1] != UInt8(ascii: "\n"), text[position + 1] != 0
                else { throw error(.syntax, "nothing after \\") }
                position += 2
                continue
            }
            if byte == UInt8(ascii: "\"") {
                quote = quote == nil ? ZoneToken(text: [], line: line, column: column) : nil
            } else if quote == nil, Self.endsToken(byte) {
                break
            }
            position += 1
        }
        if let quote { throw LDNSError(.syntax, "unbalanced \"", at: quote) }
        return ZoneToken(text: text[start..<position], line: line, column: startColumn)
    }

    private var column: Int {
        position - lineStart + 1
    }

    private mutating func startLine() {
        position += 1
        line += 1
        lineStart = position
    }

    private func error(_ code: LDNSError.Code, _ message: String) -> LDNSError {
        LDNSError(code, message, line: line, column: column)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func endsToken(_ byte: UInt8) -> Bool {
        isBlank(byte) || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
    }
}

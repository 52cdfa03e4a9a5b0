/// Cuts the text of one file into tokens.
///
/// The rules are CoreDNS's: words are separated by blanks; a word that begins with `"` goes to the closing `"`, may hold
/// blanks and line ends, and knows one escape, `\"`; `#` starts a comment; carriage returns and a byte order mark are
/// dropped. A `#` inside a word drops the rest of that word only, as it does in CoreDNS.
///
/// Difference from CoreDNS: a quotation mark that is never closed is an error. CoreDNS takes the rest of the file as the
/// word.
struct Lexer {
    private let bytes: [UInt8]
    private let file: String
    private let maximumTokens: Int
    private var index = 0
    private var line = 1
    private var column = 1
    private var isAtLineStart = true
    private var tokens: [Token] = []

    private init(bytes: [UInt8], file: String, maximumTokens: Int) {
        self.bytes = bytes
        self.file = file
        self.maximumTokens = maximumTokens
    }

    /// All tokens of a file, comments left out.
    ///
    /// - Throws: `limitExceeded` when there are more than `maximumTokens`; `syntax` for an open quotation mark.
    /// - Complexity: O(*n*) in the bytes.
    static func tokens(
        of bytes: [UInt8], file: String, maximumTokens: Int
    ) throws(ConfigurationError) -> [Token] {
        var lexer = Lexer(bytes: bytes, file: file, maximumTokens: maximumTokens)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { lexer.index = 3 }
        while lexer.index < bytes.count {
            try lexer.step()
        }
        return lexer.tokens
    }

    private mutating func step() throws(ConfigurationError) {
        let length = blankLength()
        if length > 0 {
            skipBlank(length)
        } else if bytes[index] == UInt8(ascii: "#") {
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { advance() }
        } else if bytes[index] == UInt8(ascii: "\"") {
            try readQuoted()
        } else {
            try readWord()
        }
    }

    /// The length in bytes of the blank at the index, 0 if there is none; all of Unicode's blanks count.
    private func blankLength() -> Int {
        switch bytes[index] {
        case 0x09...0x0D, 0x20: return 1
        case 0xC2: return [0x85, 0xA0].contains(byte(1)) ? 2 : 0
        case 0xE1: return byte(1) == 0x9A && byte(2) == 0x80 ? 3 : 0
        case 0xE2:
            if byte(1) == 0x81 { return byte(2) == 0x9F ? 3 : 0 }
            guard byte(1) == 0x80 else { return 0 }
            return (0x80...0x8A).contains(byte(2)) || [0xA8, 0xA9, 0xAF].contains(byte(2)) ? 3 : 0
        case 0xE3: return byte(1) == 0x80 && byte(2) == 0x80 ? 3 : 0
        default: return 0
        }
    }

    private func byte(_ offset: Int) -> UInt8 {
        index + offset < bytes.count ? bytes[index + offset] : 0
    }

    private mutating func skipBlank(_ length: Int) {
        if bytes[index] == UInt8(ascii: "\n") { isAtLineStart = true }
        for _ in 0..<length { advance() }
    }

    /// Steps over one byte; continuation bytes of UTF-8 do not count as columns.
    private mutating func advance() {
        if bytes[index] == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else if index + 1 >= bytes.count || bytes[index + 1] & 0xC0 != 0x80 {
            column += 1
        }
        index += 1
    }

    private mutating func readWord() throws(ConfigurationError) {
        let (line, column) = (line, column)
        var word: [UInt8] = []
        var isComment = false
        while index < bytes.count {
            if !isComment { readPlain(into: &word) }
            guard index < bytes.count else { break }
            let isReturn = bytes[index] == UInt8(ascii: "\r")
            if !isReturn, blankLength() > 0 { break }
            isComment = isComment || bytes[index] == UInt8(ascii: "#")
            if !isReturn, !isComment { word.append(bytes[index]) }
            advance()
        }
        try append(word, line: line, column: column, isQuoted: false)
    }

    /// Reads what is most of every word, without the checks for blanks and for characters of several bytes.
    private mutating func readPlain(into word: inout [UInt8]) {
        let (bytes, start) = (bytes, index)
        var end = start
        while end < bytes.count, bytes[end] > 0x20, bytes[end] < 0x7F, bytes[end] != UInt8(ascii: "#") { end += 1 }
        word.append(contentsOf: bytes[start..<end])
        column += end - start
        index = end
    }

    private mutating func readQuoted() throws(ConfigurationError) {
        let (line, column) = (line, column)
        advance()
        var word: [UInt8] = []
        var isEscaped = false
        while index < bytes.count {
            let byte = bytes[index]
            advance()
            if isEscaped {
                if byte != UInt8(ascii: "\"") { word.append(UInt8(ascii: "\\")) }
                word.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return try append(word, line: line, column: column, isQuoted: true)
            } else {
                word.append(byte)
            }
        }
        throw ConfigurationError(
            .syntax, "Unexpected EOF", file: file, line: line, column: column,
            hint: "the quotation mark opened here is never closed")
    }

    private mutating func append(
        _ word: [UInt8], line: Int, column: Int, isQuoted: Bool
    ) throws(ConfigurationError) {
        guard tokens.count < maximumTokens else {
            throw ConfigurationError(
                .limitExceeded, "too many words", file: file, line: line, column: column,
                hint: "the Corefile and its imports together must stay below the limit; is a file imported by mistake?")
        }
        tokens.append(
            Token(
                String(decoding: word, as: UTF8.self), file: file, line: line, column: column, isQuoted: isQuoted,
                startsLine: isAtLineStart))
        isAtLineStart = false
    }
}

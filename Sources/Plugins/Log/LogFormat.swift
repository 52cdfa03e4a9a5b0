/// The form of a line, taken apart once: pieces of text and what stands between them.
struct LogFormat: Sendable, Equatable {
    static let common =
        #"{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} "#
        + "{duration}"
    static let combined = common + #" "{>opcode}""#

    /// What is put into a line.
    enum Field: String, Sendable {
        case type = "{type}"
        case `class` = "{class}"
        case name = "{name}"
        case transport = "{proto}"
        case size = "{size}"
        case remote = "{remote}"
        case port = "{port}"
        case local = "{local}"
        case id = "{>id}"
        case opcode = "{>opcode}"
        case dnssecOK = "{>do}"
        case payloadSize = "{>bufsize}"
        case responseCode = "{rcode}"
        case replySize = "{rsize}"
        case duration = "{duration}"
        case replyFlags = "{>rflags}"
    }

    enum Piece: Sendable, Equatable {
        case text([UInt8])
        case field(Field)
        /// The value under a label.
        case metadata(String)
    }

    let pieces: [Piece]

    /// Takes `format` apart.
    ///
    /// `{common}` and `{combined}` stand for the forms of those names; `{/label}` is metadata; other braces are text.
    init(parsing format: String) {
        var rest = Substring(Self.expanded(format))
        var pieces: [Piece] = []
        var text: [UInt8] = []
        while let close = rest.firstIndex(of: "}") {
            let end = rest.index(after: close)
            let open = rest[..<close].lastIndex(of: "{") ?? end
            let word = String(rest[open..<end])
            text += rest[..<open].utf8
            if let piece = Self.piece(word) {
                if !text.isEmpty { pieces.append(.text(text)) }
                pieces.append(piece)
                text = []
            } else {
                text += word.utf8
            }
            rest = rest[end...]
        }
        text += rest.utf8
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces
    }

    /// What the braces of `word` stand for; nil when they are text.
    private static func piece(_ word: String) -> Piece? {
        if word.hasPrefix("{/") { return .metadata(String(word.dropFirst(2).dropLast())) }
        return Field(rawValue: word).map { .field($0) }
    }

    private static func expanded(_ format: String) -> String {
        var result = ""
        var rest = Substring(format)
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            rest = rest[open...]
            if rest.hasPrefix("{common}") {
                result += common
                rest = rest.dropFirst("{common}".count)
            } else if rest.hasPrefix("{combined}") {
                result += combined
                rest = rest.dropFirst("{combined}".count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result + rest
    }
}

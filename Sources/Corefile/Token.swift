/// One word of a Corefile, with the place it was written at.
///
/// After an import the place is that of the imported file or snippet, so that an error points at the text to change.
package struct Token: Sendable, Hashable {
    /// The word, without its quotation marks, environment references replaced.
    package var text: String
    /// The file the word stands in, as the user or the `import` line named it.
    package let file: String
    /// The line, counted from 1.
    package let line: Int
    /// The column of the first character, counted from 1 in Unicode scalars; a tab counts as one.
    package let column: Int
    /// Whether the word was written in quotation marks; such a word is never a brace.
    package let isQuoted: Bool
    /// Whether this is the first word of its line.
    ///
    /// Lines are told apart by this mark, not by comparing line numbers: after an import neighbouring words can carry
    /// the same number and yet stand on different lines.
    var startsLine: Bool

    /// Makes a token.
    package init(
        _ text: String, file: String, line: Int, column: Int, isQuoted: Bool = false, startsLine: Bool = false
    ) {
        self.text = text
        self.file = file
        self.line = line
        self.column = column
        self.isQuoted = isQuoted
        self.startsLine = startsLine
    }

    /// Whether the word ends in an opening brace that nothing in it closes, as in `.:53{`.
    var endsInBrace: Bool {
        guard !isQuoted, text.utf8.count > 1, text.hasSuffix("{") else { return false }
        return text.utf8.count { $0 == UInt8(ascii: "{") } > text.utf8.count { $0 == UInt8(ascii: "}") }
    }

    var isOpeningBrace: Bool { !isQuoted && text == "{" }
    var isClosingBrace: Bool { !isQuoted && text == "}" }

    /// `file:line:column`, for hints that name a second place.
    package var place: String { "\(file):\(line):\(column)" }
}

import Corefile

/// What one `on` line says: the event, and the command to run then.
struct Hook: Sendable {
    /// What commands can be run for.
    enum Event: String, CaseIterable {
        /// The server of this process serves for the first time.
        case startup
        /// The process is about to end.
        case shutdown
        /// A certificate was renewed by the server itself, which does not happen here.
        case certrenew
        /// The same as `startup`.
        case instancestartup
        /// Another configuration has begun to serve.
        case instancerestart
    }

    var event = Event.startup
    /// The program and its arguments.
    var words: [String] = []
    /// Whether it is not waited for.
    var isInBackground = false

    static let directive = DirectiveDeclaration<Hook>(
        name: "on", oncePerBlock: false,
        arguments: .init { hook, reader throws(ConfigurationError) in
            let word = try reader.next("EVENT")
            guard let event = Event(rawValue: word.text.lowercased()) else {
                throw reader.fail(
                    .invalidValue, "Wrong event name or event not supported: \(QuotedText.excerpt(word.text))",
                    hint: "expected one of: \(Event.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            hook.event = event
            try hook.take(reader.remaining().map(\.text).joined(separator: " "), reader)
        })

    private mutating func take(_ text: String, _ reader: ArgumentReader) throws(ConfigurationError) {
        guard let words = ShellWords.split(text) else {
            throw reader.fail(
                .invalidValue, "error parsing command: EOF found when expecting closing quote",
                hint: "each quote needs another one")
        }
        self.words = words
        if words.last == "&" {
            isInBackground = true
            self.words.removeLast()
        }
        guard let program = self.words.first, !program.isEmpty else {
            throw reader.fail(
                .wrongArgumentCount, "no command contained in '\(QuotedText.excerpt(text))'",
                hint: "write on EVENT COMMAND ARGUMENTS...")
        }
    }
}

/// A command line taken apart as a shell would, without anything else that a shell does.
enum ShellWords {
    /// The words; nil when a quote is not closed.
    ///
    /// Blanks part words. Within `'…'` all is as it stands; within `"…"` and outside a backslash takes the next character as it is.
    static func split(_ text: String) -> [String]? {
        var (words, word, quote) = ([String](), String?.none, Character?.none)
        var characters = text.makeIterator()
        while let character = characters.next() {
            if character == "\\", quote != "'" {
                guard let next = characters.next() else { return nil }
                word = (word ?? "") + String(next)
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                (quote, word) = (character, word ?? "")
            } else if character.isWhitespace {
                if let complete = word { words.append(complete) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        return words + (word.map { [$0] } ?? [])
    }
}

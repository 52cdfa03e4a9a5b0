import Basics

/// A mistake in the configuration: what is wrong, where, and what to do about it.
///
/// Two errors are equal when their codes are. The message keeps the words CoreDNS uses for the same mistake, because
/// tools match on them; the hint is ours.
package struct ConfigurationError: Error, Sendable {
    /// The kind of mistake.
    package var code: Code
    /// What is wrong, in CoreDNS's words where it has some.
    package var message: String
    /// The file that must change.
    package var file: String
    /// The line, counted from 1; 0 when the mistake has no line (a file that cannot be read).
    package var line: Int
    /// The column, counted from 1; 0 when the mistake has no line.
    package var column: Int
    /// What to do, if there is more to say than the message does.
    package var hint: String?
    /// The plugin whose directive holds the mistake.
    package var plugin: String?

    /// Makes an error at a place given by its parts.
    package init(
        _ code: Code, _ message: String, file: String, line: Int, column: Int, hint: String? = nil,
        plugin: String? = nil
    ) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint
        self.plugin = plugin
    }

    /// Makes an error at a word of the Corefile.
    package init(_ code: Code, _ message: String, at token: Token, hint: String? = nil, plugin: String? = nil) {
        self.init(
            code, message, file: token.file, line: token.line, column: token.column, hint: hint, plugin: plugin)
    }
}

extension ConfigurationError: Equatable {
    /// Compares by code.
    package static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

extension ConfigurationError: CustomStringConvertible {
    private static let longestQuotation = 1_024

    /// `Corefile:3:9: plugin/cache: unknown property 'foo' (expected one of: success, denial)`.
    package var description: String {
        var text = line > 0 ? "\(file):\(line):\(column): " : "\(file): "
        if let plugin { text += "plugin/\(plugin): " }
        // Both may quote what the file says.
        text += message.clipped(to: Self.longestQuotation)
        if let hint { text += " (\(hint.clipped(to: Self.longestQuotation)))" }
        return text
    }
}

extension ConfigurationError {
    /// A kind of mistake.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind.
        package let description: String

        /// Makes a kind; a plugin can have kinds of its own.
        package init(_ name: String) { self.description = name }

        /// A file cannot be read.
        package static let unreadableFile = Code("unreadable file")
        /// The text breaks the grammar: braces, quotation marks, commas, an unexpected end.
        package static let syntax = Code("syntax")
        /// A bound on size, tokens or imports was passed.
        package static let limitExceeded = Code("limit exceeded")
        /// An `import` line cannot be carried out.
        package static let invalidImport = Code("invalid import")
        /// A snippet is declared twice.
        package static let duplicateSnippet = Code("duplicate snippet")
        /// An environment reference cannot be replaced.
        package static let invalidEnvironmentReference = Code("invalid environment reference")
        /// A key of a server block or a zone argument is not a zone.
        package static let invalidZone = Code("invalid zone")
        /// Two server blocks serve the same zone at the same place.
        package static let duplicateZone = Code("duplicate zone")
        /// A directive that CoreDNS does not have.
        package static let unknownDirective = Code("unknown directive")
        /// A directive that CoreDNS has and Needletail does not serve.
        package static let unservedDirective = Code("unserved directive")
        /// A directive used twice in one server block.
        package static let repeatedDirective = Code("repeated directive")
        /// A word in a plugin's block that is none of its options.
        package static let unknownOption = Code("unknown option")
        /// An option used twice which may be used once.
        package static let repeatedOption = Code("repeated option")
        /// Too few or too many arguments.
        package static let wrongArgumentCount = Code("wrong argument count")
        /// An argument that is not of its type, or outside its bounds.
        package static let invalidValue = Code("invalid value")
        /// Options that cannot stand together, or one that lacks another.
        package static let conflictingOptions = Code("conflicting options")
    }
}

/// Something odd that does not stop the server, such as an `import` pattern that no file matches.
package struct ConfigurationWarning: Sendable, Hashable, CustomStringConvertible {
    /// What is odd.
    package var message: String
    /// The word it is about.
    package var token: Token

    /// `Corefile:3:9: No files matching import glob pattern: *.server`.
    package var description: String { "\(token.place): \(message)" }
}

/// One option of a directive's block: its form, its meaning, its default, and how it is read.
package struct OptionDeclaration<Configuration>: Sendable {
    /// What a second use of the option does.
    package enum Repetition: Sendable, Hashable {
        /// It takes the place of the first, as in CoreDNS.
        case replaces
        /// It adds to the first.
        case adds
        /// It is a mistake.
        case forbidden
    }

    /// The first word of the line.
    package let name: String
    /// The form of the arguments: `CAPACITY [TTL]`; empty when there are none.
    package let usage: String
    /// What the option does, in a phrase.
    package let summary: String
    /// What holds where the option is left out.
    package let defaultText: String?
    /// What a second use does.
    package let repetition: Repetition
    /// Reads the arguments.
    ///
    /// Where it does not read to the end of the line, what follows is read as the next option, as in CoreDNS; so an
    /// option that calls `finish()` or `remaining()` gives the better message.
    package let read: DirectiveDeclaration<Configuration>.Read

    /// Declares an option.
    package init(
        _ name: String, usage: String = "", _ summary: String, defaultText: String? = nil,
        repetition: Repetition = .replaces, read: @escaping DirectiveDeclaration<Configuration>.Read
    ) {
        self.name = name
        self.usage = usage
        self.summary = summary
        self.defaultText = defaultText
        self.repetition = repetition
        self.read = read
    }
}

extension OptionDeclaration {
    /// An option without arguments that turns something on.
    package static func flag(
        _ name: String, _ summary: String, _ path: any WritableKeyPath<Configuration, Bool> & Sendable
    ) -> Self {
        Self(name, summary, defaultText: "off") { configuration, reader throws(ConfigurationError) in
            try reader.finish()
            configuration[keyPath: path] = true
        }
    }

    /// An option with one whole number.
    package static func integer(
        _ name: String, usage: String = "N", _ summary: String,
        _ path: any WritableKeyPath<Configuration, Int> & Sendable, in range: ClosedRange<Int>? = nil,
        defaultText: String? = nil, message: @escaping @Sendable (ValueProblem) -> String? = { _ in nil }
    ) -> Self {
        Self(name, usage: usage, summary, defaultText: defaultText) {
            configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try reader.integer(name, in: range, message: message)
            try reader.finish()
        }
    }

    /// An option with one duration.
    package static func duration(
        _ name: String, usage: String = "DURATION", _ summary: String,
        _ path: any WritableKeyPath<Configuration, Duration> & Sendable, min: Duration? = nil, max: Duration? = nil,
        defaultText: String? = nil, message: @escaping @Sendable (ValueProblem) -> String? = { _ in nil }
    ) -> Self {
        Self(name, usage: usage, summary, defaultText: defaultText) {
            configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try reader.duration(name, min: min, max: max, message: message)
            try reader.finish()
        }
    }

    /// An option with a list of zones, kept by the configuration; without arguments it means `empty`.
    package static func zones(
        _ name: String, _ summary: String, _ path: any WritableKeyPath<Configuration, [String]> & Sendable,
        empty: [String]? = nil, defaultText: String? = nil
    ) -> Self {
        Self(name, usage: "[ZONES...]", summary, defaultText: defaultText) {
            configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try reader.zones(default: empty)
        }
    }
}

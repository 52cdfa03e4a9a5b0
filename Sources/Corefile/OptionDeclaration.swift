/// One option of a directive's block: its name, what it takes, and how that is read.
///
/// Whatever an option reads, the line ends behind it: the reader sees to that. One that takes the rest of its line reads it
/// (`list`, ``ArgumentReader/remaining()``).
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
    /// Reads the arguments; what is left then is a mistake, unless it is the name of another option.
    package let read: DirectiveDeclaration<Configuration>.Read

    /// Declares an option with a way of its own to read its arguments.
    package init(
        _ name: String, usage: String = "", _ summary: String = "", defaultText: String? = nil,
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
    /// A path to a value of the configuration.
    package typealias Path<Value> = any WritableKeyPath<Configuration, Value> & Sendable

    /// An option without arguments that turns something on.
    package static func flag(_ name: String, _ path: Path<Bool>) -> Self { .flag(name, "", path) }

    /// The same, with a phrase that says what it does.
    package static func flag(_ name: String, _ summary: String, _ path: Path<Bool>) -> Self {
        Self(name, summary, defaultText: "off") { configuration, reader throws(ConfigurationError) in
            try reader.finish()
            configuration[keyPath: path] = true
        }
    }

    /// An option with exactly one argument.
    package static func one<Value>(_ name: String, _ argument: Argument<Value>, _ path: Path<Value>) -> Self {
        Self(name) { configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try argument.readOne(&reader)
        }
    }

    /// An option with exactly one argument, for a value that is nil where the option is left out.
    package static func one<Value>(_ name: String, _ argument: Argument<Value>, _ path: Path<Value?>) -> Self {
        Self(name) { configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try argument.readOne(&reader)
        }
    }

    /// An option that takes the rest of its line, each word of which is one value; what a second use says is added.
    ///
    /// - Parameter empty: the words for a line without a value, where that is a mistake.
    package static func list<Value>(
        _ name: String, _ argument: Argument<Value>, empty: String? = nil, _ path: Path<[Value]>
    ) -> Self {
        Self(name, repetition: .adds) { configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] += try argument.readList(&reader, empty: empty)
        }
    }

    /// An option with one whole number.
    package static func integer(
        _ name: String, usage: String = "N", _ summary: String, _ path: Path<Int>, in range: ClosedRange<Int>? = nil,
        defaultText: String? = nil, message: @escaping SharedValueMessage = { _ in nil }
    ) -> Self {
        .one(name, .integer(name, in: range, message: message), path)
    }

    /// An option with one duration.
    package static func duration(
        _ name: String, usage: String = "DURATION", _ summary: String, _ path: Path<Duration>,
        min: Duration? = nil, max: Duration? = nil, defaultText: String? = nil,
        message: @escaping SharedValueMessage = { _ in nil }
    ) -> Self {
        .one(name, .duration(name, min: min, max: max, message: message), path)
    }
}

extension ArgumentsDeclaration {
    /// A path to a value of the configuration.
    package typealias Path<Value> = any WritableKeyPath<Configuration, Value> & Sendable

    /// At most one argument.
    package static func optional<Value>(_ argument: Argument<Value>, _ path: Path<Value>) -> Self {
        Self { configuration, reader throws(ConfigurationError) in
            if let value = try argument.readOptional(&reader) { configuration[keyPath: path] = value }
        }
    }

    /// At most one argument, for a value that is nil without it.
    package static func optional<Value>(_ argument: Argument<Value>, _ path: Path<Value?>) -> Self {
        Self { configuration, reader throws(ConfigurationError) in
            if let value = try argument.readOptional(&reader) { configuration[keyPath: path] = value }
        }
    }

    /// Exactly one argument.
    package static func one<Value>(_ argument: Argument<Value>, _ path: Path<Value>) -> Self {
        Self { configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try argument.readOne(&reader)
        }
    }

    /// Exactly one argument, for a value that is nil as long as nothing is read.
    package static func one<Value>(_ argument: Argument<Value>, _ path: Path<Value?>) -> Self {
        Self { configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try argument.readOne(&reader)
        }
    }

    /// Any number of arguments.
    ///
    /// - Parameter empty: the words for none, where that is a mistake.
    package static func list<Value>(
        _ argument: Argument<Value>, empty: String? = nil, _ path: Path<[Value]>
    ) -> Self {
        Self { configuration, reader throws(ConfigurationError) in
            configuration[keyPath: path] = try argument.readList(&reader, empty: empty)
        }
    }
}

/// A directive as its plugin declares it, once: what it takes, what each option means, and its defaults.
///
/// Reading and error messages come from this one value.
///
/// ```swift
/// static let directive = DirectiveDeclaration<HealthConfiguration>(
///     name: "health", arguments: .optional(.address("ADDRESS"), \.address),
///     options: [.one("lameduck", .duration("DURATION", min: .zero), \.lameduck)])
/// ```
package struct DirectiveDeclaration<Configuration>: Sendable {
    /// Reads arguments into the configuration.
    package typealias Read =
        @Sendable (inout Configuration, inout ArgumentReader) throws(ConfigurationError) -> Void

    /// The name of the plugin in the Corefile.
    package let name: String
    /// What the plugin does, in one sentence without a full stop.
    package let summary: String
    /// Whether a second use in one server block is a mistake.
    package let oncePerBlock: Bool
    /// What stands behind the name; `nil` when nothing may.
    package let arguments: ArgumentsDeclaration<Configuration>?
    /// The options of the block, in the order in which mistakes name them; with none, and no `otherwise`, there is no block.
    package let options: [OptionDeclaration<Configuration>]
    /// Reads lines that begin with no option's name, such as the entries of `hosts`.
    package let otherwise: OptionDeclaration<Configuration>?
    /// CoreDNS's words for a line that begins with no option's name; most plugins have the usual ones.
    package let unknownOption: @Sendable (String) -> String
    /// Options that CoreDNS had once, and what to do about them.
    package let removed: [String: String]
    /// Looks at the configuration after each use of the directive, for options that need or exclude one another.
    package let check: Read?

    /// Declares a directive.
    package init(
        name: String, summary: String = "", oncePerBlock: Bool = true,
        arguments: ArgumentsDeclaration<Configuration>? = nil, options: [OptionDeclaration<Configuration>] = [],
        otherwise: OptionDeclaration<Configuration>? = nil,
        unknownOption: @escaping @Sendable (String) -> String = { "unknown property '\($0)'" },
        removed: [String: String] = [:], check: Read? = nil
    ) {
        self.name = name
        self.summary = summary
        self.oncePerBlock = oncePerBlock
        self.arguments = arguments
        self.options = options
        self.otherwise = otherwise
        self.unknownOption = unknownOption
        self.removed = removed
        self.check = check
    }
}

/// What stands behind the name of a directive.
package struct ArgumentsDeclaration<Configuration>: Sendable {
    /// The form: `[TTL] [ZONES...]`.
    package let usage: String
    /// What the arguments mean.
    package let summary: String
    /// What holds where they are left out.
    package let defaultText: String?
    /// Reads them, and is called also when there are none; what it leaves unread is a mistake.
    package let read: DirectiveDeclaration<Configuration>.Read

    /// Declares arguments.
    package init(
        usage: String = "", summary: String = "", defaultText: String? = nil,
        read: @escaping DirectiveDeclaration<Configuration>.Read
    ) {
        self.usage = usage
        self.summary = summary
        self.defaultText = defaultText
        self.read = read
    }
}

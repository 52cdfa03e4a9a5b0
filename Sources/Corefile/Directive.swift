/// One use of a plugin in a server block: its name, its arguments, and its block.
package struct Directive: Sendable, Hashable {
    /// The name of the plugin.
    package let name: Token
    /// The words behind the name, up to the end of the line or the opening brace.
    package let arguments: [Token]
    /// The opening brace, if there is a block.
    package let brace: Token?
    /// The lines of the block; `nil` when there is none.
    package let options: [Option]?

    /// Makes a directive.
    package init(name: Token, arguments: [Token] = [], brace: Token? = nil, options: [Option]? = nil) {
        self.name = name
        self.arguments = arguments
        self.brace = brace
        self.options = options
    }

    /// One line of a plugin's block.
    package struct Option: Sendable, Hashable {
        /// The first word of the line.
        package let name: Token
        /// The other words of the line.
        package let arguments: [Token]
        /// The brace that closes the block, when it stands at the end of this line.
        ///
        /// CoreDNS takes such a brace for an argument wherever a plugin reads the rest of the line: `ArgumentReader`
        /// does the same.
        package let closingBrace: Token?

        /// Makes an option.
        package init(name: Token, arguments: [Token] = [], closingBrace: Token? = nil) {
            self.name = name
            self.arguments = arguments
            self.closingBrace = closingBrace
        }
    }
}

/// One server block: the zones it serves, and its directives in the order they are written.
package struct ServerBlockSource: Sendable, Hashable {
    /// The zones, CIDR keys expanded, in the order they are written.
    package let keys: [ServerKey]
    /// The directives; one that is used several times stands here several times.
    package let directives: [Directive]

    /// Makes a block.
    package init(keys: [ServerKey], directives: [Directive]) {
        self.keys = keys
        self.directives = directives
    }

    /// The zones, which plugins without zone arguments take for theirs.
    package var zones: [String] { keys.map(\.zone) }

    /// All uses of one plugin, in order.
    package func directives(named name: String) -> [Directive] {
        directives.filter { $0.name.text == name }
    }
}

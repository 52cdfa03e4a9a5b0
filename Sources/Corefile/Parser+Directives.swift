/// The directives of a server block, and the lines of their blocks.
extension Parser {
    /// The directives up to the block's closing brace, or to the end of a text without braces.
    mutating func parseDirectives(of key: Token, _ brace: Token?) throws(ConfigurationError) -> [Directive] {
        var directives: [Directive] = []
        while let token = stream.next {
            if token.isClosingBrace {
                guard brace != nil else { throw Self.strayBrace(token) }
                _ = stream.take()
                return directives
            }
            // CoreDNS takes the word for an import wherever a directive can begin.
            if token.text == "import" {
                try stream.expandImport()
            } else {
                try directives.append(parseDirective(block: key))
            }
        }
        if let brace { throw unclosed(brace, "server block") }
        return directives
    }

    private mutating func parseDirective(block: Token) throws(ConfigurationError) -> Directive {
        let written = stream.take() ?? block
        let name = try stream.replaced(written)
        let isKnown = KnownDirectives.position(of: name.text) != nil || plugins.contains(name.text)
        guard isKnown, !written.isOpeningBrace else {
            throw KnownDirectives.unknown(name, block: block)
        }
        var arguments: [Token] = []
        while let token = stream.takeOnLine() {
            guard !token.isClosingBrace else { throw Self.strayBrace(token) }
            if token.isOpeningBrace {
                let options = try parseOptions(token)
                return Directive(name: name, arguments: arguments, brace: token, options: options)
            }
            guard !token.endsInBrace else { throw Self.gluedBrace(token) }
            try arguments.append(stream.replaced(token))
        }
        return Directive(name: name, arguments: arguments)
    }

    private mutating func parseOptions(_ brace: Token) throws(ConfigurationError) -> [Directive.Option] {
        var options: [Directive.Option] = []
        while let token = stream.next {
            if stream.isAtImport {
                try stream.expandImport()
                continue
            }
            _ = stream.take()
            guard !token.isOpeningBrace else { throw Self.nestedBrace(token) }
            if token.isClosingBrace {
                try checkLineEnd()
                return options
            }
            let option = try parseOption(token)
            options.append(option)
            if option.closingBrace != nil {
                try checkLineEnd()
                return options
            }
        }
        throw stream.unexpectedEnd(hint: "the brace opened at \(brace.place) is never closed")
    }

    private mutating func parseOption(_ name: Token) throws(ConfigurationError) -> Directive.Option {
        let name = try stream.replaced(name)
        var arguments: [Token] = []
        while let token = stream.takeOnLine() {
            guard !token.isOpeningBrace else { throw Self.nestedBrace(token) }
            if token.isClosingBrace { return Directive.Option(name: name, arguments: arguments, closingBrace: token) }
            try arguments.append(stream.replaced(token))
        }
        return Directive.Option(name: name, arguments: arguments)
    }

    /// Nothing may follow a plugin's closing brace on its line.
    private mutating func checkLineEnd() throws(ConfigurationError) {
        guard let token = stream.takeOnLine() else { return }
        guard !token.isClosingBrace else { throw Self.strayBrace(token) }
        throw ConfigurationError(
            .syntax, "Wrong argument count or unexpected line ending after '}'", at: token,
            hint: "put what follows the closing brace on a line of its own")
    }

    private static func nestedBrace(_ token: Token) -> ConfigurationError {
        ConfigurationError(
            .syntax, "Unexpected token '{', expecting argument", at: token,
            hint: "blocks do not nest within a plugin's block; put the brace in quotation marks if it is meant as text")
    }
}

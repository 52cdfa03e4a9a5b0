extension DirectiveDeclaration {
    /// Reads all uses of the directive in one server block into one configuration.
    ///
    /// - Parameters:
    ///   - directives: the directives of the block; those of other plugins are passed over.
    ///   - serverZones: the zones of the block.
    /// - Throws: the first mistake, with its place and `plugin` set.
    package func read(
        _ directives: [Directive], serverZones: [String], initial: Configuration
    ) throws(ConfigurationError) -> Configuration {
        var configuration = initial
        for directive in try uses(directives) {
            try read(directive, serverZones, into: &configuration)
        }
        return configuration
    }

    /// Reads each use of the directive into a configuration of its own, for plugins such as `forward` that may stand
    /// several times in a block.
    ///
    /// - Throws: the first mistake, with its place and `plugin` set.
    package func readEach(
        _ directives: [Directive], serverZones: [String], initial: Configuration
    ) throws(ConfigurationError) -> [Configuration] {
        var configurations: [Configuration] = []
        for directive in try uses(directives) {
            var configuration = initial
            try read(directive, serverZones, into: &configuration)
            configurations.append(configuration)
        }
        return configurations
    }

    private func uses(_ directives: [Directive]) throws(ConfigurationError) -> [Directive] {
        let uses = directives.filter { $0.name.text == name }
        if oncePerBlock, uses.count > 1 {
            throw ConfigurationError(
                .repeatedDirective, "this plugin can only be used once per Server Block", at: uses[1].name,
                hint: "first used at \(uses[0].name.place)", plugin: name)
        }
        return uses
    }

    private func read(
        _ directive: Directive, _ serverZones: [String], into configuration: inout Configuration
    ) throws(ConfigurationError) {
        var reader = ArgumentReader(
            plugin: name, subject: directive.name, tokens: directive.arguments, serverZones: serverZones)
        try arguments?.read(&configuration, &reader)
        try reader.finish()
        try readBlock(directive, serverZones, into: &configuration)
        var end = ArgumentReader(plugin: name, subject: directive.name, tokens: [], serverZones: serverZones)
        try check?(&configuration, &end)
    }

    private func readBlock(
        _ directive: Directive, _ serverZones: [String], into configuration: inout Configuration
    ) throws(ConfigurationError) {
        guard let lines = directive.options else { return }
        guard !options.isEmpty || otherwise != nil else {
            throw ConfigurationError(
                .syntax, "Unexpected token '{', expecting argument", at: directive.brace ?? directive.name,
                hint: "'\(name)' takes no block", plugin: name)
        }
        let names = options.map(\.name)
        var seen: [String: Token] = [:]
        for line in lines {
            var tokens = [line.name] + line.arguments
            while let subject = tokens.first {
                var reader = ArgumentReader(
                    plugin: name, subject: subject, tokens: Array(tokens.dropFirst()),
                    closingBrace: line.closingBrace, optionNames: names, serverZones: serverZones)
                let option = try option(subject, &seen)
                try option.read(&configuration, &reader)
                try reader.finish()
                // What is left on the line is the next option: CoreDNS knows no lines between options.
                tokens = reader.remainingBeforeBrace()
            }
        }
    }

    private func option(
        _ subject: Token, _ seen: inout [String: Token]
    ) throws(ConfigurationError) -> OptionDeclaration<Configuration> {
        guard let option = options.first(where: { $0.name == subject.text }) else {
            if let otherwise { return otherwise }
            throw ConfigurationError(
                .unknownOption, unknownOption(QuotedText.excerpt(subject.text)), at: subject,
                hint: unknownOptionHint(subject), plugin: name)
        }
        if option.repetition == .forbidden, let first = seen.updateValue(subject, forKey: option.name) {
            throw ConfigurationError(
                .repeatedOption, "'\(option.name)' can only be used once", at: subject,
                hint: "first used at \(first.place)", plugin: name)
        }
        return option
    }

    private func unknownOptionHint(_ subject: Token) -> String {
        let text = subject.text
        if let removed = removed[text] { return "CoreDNS has no such option any more: \(removed)" }
        if KnownDirectives.position(of: text) != nil {
            return "'\(text)' is a plugin of its own: put it on a line of the server block, "
                + "outside of the braces of '\(name)'"
        }
        let expected = "expected one of: " + options.map(\.name).joined(separator: ", ")
        guard let near = Spelling.nearest(to: subject.text, among: options.map(\.name)) else { return expected }
        return "did you mean '\(near)'? \(expected)"
    }
}

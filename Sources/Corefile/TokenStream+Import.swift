extension TokenStream {
    /// Whether an `import` line comes next.
    ///
    /// CoreDNS looks at the beginning of lines only, within a plugin's block and among keys.
    var isAtImport: Bool { next.map { $0.startsLine && $0.text == "import" } ?? false }

    /// Takes the `import` line that comes next, and puts in its place what it names.
    ///
    /// - Throws: `invalidImport`, `limitExceeded`, or what is wrong with the words of an imported file.
    mutating func expandImport() throws(ConfigurationError) {
        guard let keyword = take() else { return }
        var arguments: [Token] = []
        while let token = takeOnLine() { arguments.append(token) }
        guard let first = arguments.first else {
            throw ConfigurationError(
                .wrongArgumentCount, "Wrong argument count or unexpected line ending after 'import'", at: keyword,
                hint: "name a snippet, a file or a glob pattern")
        }
        if let brace = arguments.first(where: { $0.isOpeningBrace || $0.isClosingBrace }) {
            throw ConfigurationError(
                .invalidImport, "Import takes only one argument (glob pattern or file)", at: brace,
                hint: "import takes no block, and a closing brace must stand on a line of its own")
        }
        let target = try replaced(first)
        guard !target.text.isEmpty else {
            throw ConfigurationError(.invalidImport, "Import requires a non-empty filepath", at: first)
        }
        if let snippet = snippets[target.text] {
            try expand(snippet, Array(arguments.dropFirst()), at: target)
        } else if arguments.count > 1 {
            throw ConfigurationError(
                .invalidImport, "Import takes only one argument (glob pattern or file)", at: arguments[1],
                hint: "only a snippet takes arguments, and it must be declared before it is imported")
        } else {
            try expandFiles(at: target)
        }
    }

    private mutating func expand(
        _ snippet: Snippet, _ arguments: [Token], at target: Token
    ) throws(ConfigurationError) {
        try budget.takeSnippetImport(at: target)
        let origin = "snippet " + target.text
        guard !origins.contains(origin), origins.count <= budget.limits.importDepth else {
            throw budget.snippetDepthError(at: target, hint: circle(origin))
        }
        let tokens = try snippet.expanded(with: arguments, at: target, budget: &budget)
        try budget.takeTokens(tokens.count, at: target)
        push(tokens, origins: origins + [origin])
    }

    private func circle(_ origin: String) -> String {
        guard let start = origins.firstIndex(of: origin) else { return "imports lie within imports too deeply" }
        let names = (origins[start...] + [origin]).map { QuotedText.excerpt($0) }
        return "it imports itself: " + names.joined(separator: " > ")
    }

    private mutating func expandFiles(at target: Token) throws(ConfigurationError) {
        guard target.text.utf8.count <= FilePath.longest else {
            throw ConfigurationError(.invalidImport, "the path to import is too long", at: target)
        }
        let pattern = FilePath.resolve(target.text, besideFile: target.file)
        let origins = origins
        try checkPattern(pattern, at: target)
        var frames: [([Token], String)] = []
        for path in try paths(matching: pattern, at: target) {
            let origin = "file " + path
            guard !origins.contains(origin), origins.count <= budget.limits.importDepth else {
                throw budget.fileDepthError(at: target, hint: circle(origin))
            }
            try frames.append((read(path, at: target), origin))
        }
        for (tokens, origin) in frames.reversed() { push(tokens, origins: origins + [origin]) }
    }

    /// CoreDNS's bound on patterns: one `*`, one `?`, no classes.
    private func checkPattern(_ pattern: String, at target: Token) throws(ConfigurationError) {
        let stars = pattern.utf8.count { $0 == UInt8(ascii: "*") }
        let marks = pattern.utf8.count { $0 == UInt8(ascii: "?") }
        guard stars > 1 || marks > 1 || (pattern.contains("[") && pattern.contains("]")) else { return }
        throw ConfigurationError(
            .invalidImport,
            "Glob pattern may only contain one wildcard (*), but has others: \(QuotedText.excerpt(pattern))",
            at: target)
    }

    private mutating func paths(matching pattern: String, at target: Token) throws(ConfigurationError) -> [String] {
        let paths: [String]
        do {
            paths = try loader.files(matching: pattern)
        } catch {
            throw ConfigurationError(
                .invalidImport, "Failed to use import pattern \(QuotedText.excerpt(target.text)): \(error)", at: target)
        }
        guard paths.isEmpty else { return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
        guard pattern.contains(where: { "*?[]".contains($0) }) else {
            throw ConfigurationError(
                .invalidImport, "File to import not found: \(QuotedText.excerpt(target.text))", at: target,
                hint: missingHint(target, pattern))
        }
        warnings.append(
            ConfigurationWarning(
                message: "No files matching import glob pattern: \(QuotedText.excerpt(target.text))", token: target))
        return []
    }

    private func missingHint(_ target: Token, _ path: String) -> String {
        if let near = Spelling.nearest(to: target.text, among: snippets.keys.sorted()) {
            return "did you mean the snippet '\(near)'?"
        }
        return "looked for \(QuotedText.excerpt(path)); a snippet must be declared before it is imported"
    }

    private mutating func read(_ path: String, at target: Token) throws(ConfigurationError) -> [Token] {
        try budget.takeFileImport(at: target)
        noteFile(path)
        let bytes: [UInt8]
        do {
            bytes = try loader.read(path, maximumBytes: budget.bytes)
        } catch {
            throw ConfigurationError(
                error.kind == .tooLong ? .limitExceeded : .invalidImport,
                "Could not import \(QuotedText.excerpt(path)): \(error)", at: target)
        }
        try budget.takeBytes(bytes.count, at: target)
        let tokens = try Lexer.tokens(of: bytes, file: path, maximumTokens: budget.tokens)
        try budget.takeTokens(tokens.count, at: target)
        return tokens
    }
}

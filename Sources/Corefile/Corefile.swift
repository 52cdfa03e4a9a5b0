/// A parsed Corefile: its server blocks, with imports and environment references in place.
///
/// The grammar is CoreDNS 1.14.7's. What the directives mean is the plugins' business; see `DirectiveDeclaration`.
package struct Corefile: Sendable {
    /// The server blocks in the order they are written; never empty.
    package let blocks: [ServerBlockSource]
    /// All files that were read, the Corefile itself first; a watcher has to look at these.
    package let files: [String]
    /// What is odd without being wrong.
    package let warnings: [ConfigurationWarning]

    /// Reads and parses a Corefile from disk; `stdin` is standard input.
    ///
    /// - Parameter plugins: names of directives besides those of CoreDNS.
    /// - Throws: `unreadableFile` when the file itself cannot be read, else any mistake in it.
    package static func load(
        path: String, environment: [String: String], defaultPort: Int = 53, plugins: Set<String> = [],
        limits: Limits = .standard
    ) throws(ConfigurationError) -> Corefile {
        let loader = FileLoader()
        let bytes: [UInt8]
        do {
            bytes =
                try path == "stdin"
                ? FileLoader.readStandardInput(maximumBytes: limits.bytes)
                : loader.read(path, maximumBytes: limits.bytes)
        } catch {
            throw unreadable(path, error, limits)
        }
        return try parse(
            bytes: bytes, file: path, environment: environment, defaultPort: defaultPort, loader: loader,
            plugins: plugins, limits: limits)
    }

    /// Parses the text of a Corefile.
    ///
    /// - Parameters:
    ///   - file: the name for messages; relative imports start from its folder.
    ///   - defaultPort: the port of plain DNS keys that name none.
    ///   - loader: where imports are read from.
    /// - Throws: any mistake in the text.
    package static func parse(
        text: String, file: String = "Corefile", environment: [String: String] = [:], defaultPort: Int = 53,
        loader: any ConfigurationLoader = MemoryLoader(), limits: Limits = .standard
    ) throws(ConfigurationError) -> Corefile {
        try parse(
            bytes: Array(text.utf8), file: file, environment: environment, defaultPort: defaultPort, loader: loader,
            limits: limits)
    }

    /// Parses the bytes of a Corefile; bytes that are not UTF-8 are taken as replacement characters.
    ///
    /// - Throws: any mistake in the text; its line and column are at least 1.
    /// - Complexity: O(*n*) in the text with its imports, which `limits` bound.
    package static func parse(
        bytes: [UInt8], file: String = "Corefile", environment: [String: String] = [:], defaultPort: Int = 53,
        loader: any ConfigurationLoader = MemoryLoader(), plugins: Set<String> = [], limits: Limits = .standard
    ) throws(ConfigurationError) -> Corefile {
        let stream = try TokenStream(
            bytes: bytes, file: file, environment: environment, limits: limits, loader: loader)
        let corefile = try Parser.parse(stream, defaultPort: defaultPort, plugins: plugins)
        try corefile.checkZones()
        return corefile
    }

    /// What CoreDNS serves when no Corefile is named and none lies in the working folder: `whoami` and `log`.
    package static func builtInText(port: Int) -> String { ".:\(port) {\nwhoami\nlog\n}\n" }

    private static func unreadable(_ path: String, _ failure: LoadFailure, _ limits: Limits) -> ConfigurationError {
        let hint =
            switch failure.kind {
            case .missing: "name the Corefile with -conf"
            case .tooLong: "a Corefile with its imports may hold \(limits.bytes) bytes"
            case .other: "check the path and its permissions"
            }
        return ConfigurationError(
            .unreadableFile, "loading Corefile failed: \(failure)", file: QuotedText.excerpt(path), line: 0, column: 0,
            hint: hint)
    }
}

import Corefile

/// What an `autopath` line says.
struct AutopathConfiguration: Sendable {
    /// Where search paths come from.
    enum Source: Sendable {
        /// The plugin of this name, which knows the asker's.
        case plugin(Token)
        /// A file's, the same for all askers.
        case list(SearchList)
    }

    /// The zones of the names that are searched for.
    var zones: [String] = []
    var source = Source.list(SearchList())
    /// The folder that a relative file name starts from.
    var directory = "."

    static let directive = DirectiveDeclaration<AutopathConfiguration>(
        name: "autopath", summary: "searches the asker's search path in its place",
        arguments: .init(
            usage: "[ZONES...] RESOLV-CONF|@kubernetes", summary: "the zones, and where the search path comes from",
            defaultText: "the zones of the server block"
        ) { configuration, reader throws(ConfigurationError) in
            try configuration.read(&reader)
        })

    private mutating func read(_ reader: inout ArgumentReader) throws(ConfigurationError) {
        guard reader.count > 0 else {
            throw reader.fail(
                .wrongArgumentCount, "no resolv-conf specified", hint: "write autopath @kubernetes, or name a file")
        }
        zones = []
        while reader.count > 1 { zones += try reader.zone("ZONE") }
        if zones.isEmpty { zones = reader.serverZones }
        source = try source(reader.next("RESOLV-CONF"), reader)
    }

    private func source(_ token: Token, _ reader: ArgumentReader) throws(ConfigurationError) -> Source {
        if token.text.hasPrefix("@") { return .plugin(token) }
        do {
            return .list(try SearchList(path: FilePath.path(of: token.text, in: directory)))
        } catch {
            let text = QuotedText.doubleQuoted(token.text)
            throw reader.fail(
                .invalidValue, "failed to parse \(text): open \(QuotedText.excerpt(token.text)): \(error)",
                hint: "the last argument is a file such as /etc/resolv.conf, or @kubernetes", at: token)
        }
    }
}

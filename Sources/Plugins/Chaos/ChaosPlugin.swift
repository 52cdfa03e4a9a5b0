import Corefile
import DNSServer
import DNSWire

/// `chaos`: tells which version of the server this is, who wrote it and on which machine it runs, in class CH.
final class ChaosPlugin: QueryHandler {
    /// What is told.
    struct Identity: Sendable {
        var version = "Needletail-\(Version.number)"
        var authors = ["The Needletail authors"]
        var host = HostName.current
    }

    static let definition = PluginDefinition.handler(
        .init(name: "chaos", oncePerBlock: false, arguments: .init(read: read)), initial: Identity(), several: .first,
        [.acceptsAllClasses, .leavesQuestionsAlone]
    ) { ChaosPlugin($0) }

    private static let read: DirectiveDeclaration<Identity>.Read = { identity, reader throws(ConfigurationError) in
        let words = try reader.remaining()
        for word in words where word.text.utf8.count > 255 {
            throw reader.fail(
                .invalidValue, "text is longer than 255 octets: \(QuotedText.excerpt(word.text))",
                hint: "it is one string of a TXT record", at: word)
        }
        if let version = words.first { identity.version = version.text }
        if words.count > 1 { identity.authors = Set(words.dropFirst().map(\.text)).sorted() }
    }

    private static let version = [ChaosPlugin.wire("version", "bind"), ChaosPlugin.wire("version", "server")]
    private static let host = [ChaosPlugin.wire("hostname", "bind"), ChaosPlugin.wire("id", "server")]
    private static let authors = [ChaosPlugin.wire("authors", "bind")]

    /// A name of two labels in wire form.
    private static func wire(_ labels: String...) -> [UInt8] {
        labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private let identity: Identity

    init(_ identity: Identity) {
        self.identity = identity
    }

    func handle(_ query: Query) -> Verdict {
        guard query.recordClass == .CH, query.type == .TXT, let texts = texts(query.name) else { return .next }
        query.beginReply()
        let reply = query.reply
        for text in texts {
            let record = reply.beginRecord(ownerAt: MessageHeader.length, type: .TXT, recordClass: .CH, ttl: 0)
            reply.append(characterString: text)
            reply.endRecord(record)
        }
        return .reply
    }

    private func texts(_ name: Span<UInt8>) -> [String]? {
        let name = name.copy()
        if Self.version.contains(name) { return [identity.version] }
        if Self.host.contains(name) { return [identity.host] }
        return Self.authors.contains(name) ? identity.authors.shuffled() : nil
    }
}

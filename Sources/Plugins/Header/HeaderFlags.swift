import Corefile
import DNSWire

/// Flags of the header that are set or cleared, in one step.
struct HeaderFlags: Equatable, Sendable {
    /// The flags that are touched.
    private var mask: UInt16 = 0
    /// Those of them that are set.
    private var values: UInt16 = 0

    /// The flags that can be named.
    private static let known: [(name: String, mask: UInt16)] = [
        ("aa", MessageHeader.Flags.authoritative), ("ra", MessageHeader.Flags.recursionAvailable),
        ("rd", MessageHeader.Flags.recursionDesired),
    ]

    /// Whether no flag is touched.
    var isEmpty: Bool { mask == 0 }

    /// The flags as they are afterwards.
    func applied(to flags: MessageHeader.Flags) -> MessageHeader.Flags {
        MessageHeader.Flags(rawValue: flags.rawValue & ~mask | values)
    }

    /// Adds a line: `set` or `clear` and names of flags, in any case; what it says of a flag replaces what was said before.
    ///
    /// - Throws: CoreDNS's words for what is wrong.
    mutating func add(_ action: Token?, _ reader: inout ArgumentReader) throws(ConfigurationError) {
        guard let action else { throw Self.mistake("no flag action provided", reader) }
        let names = try reader.remaining()
        guard !names.isEmpty else {
            throw Self.mistake("invalid length for flags, at least one should be provided", reader, at: action)
        }
        let word = action.text.lowercased()
        guard word == "set" || word == "clear" else {
            throw Self.mistake(
                "unknown flag action=\(QuotedText.excerpt(word)), should be set or clear", reader, at: action)
        }
        for name in names { try add(name, isSet: word == "set", reader) }
    }

    private mutating func add(_ name: Token, isSet: Bool, _ reader: ArgumentReader) throws(ConfigurationError) {
        let word = name.text.lowercased()
        guard let flag = Self.known.first(where: { $0.name == word }) else {
            throw Self.mistake("unknown/unsupported flag=\(QuotedText.excerpt(word))", reader, at: name)
        }
        mask |= flag.mask
        values = isSet ? values | flag.mask : values & ~flag.mask
    }

    private static func mistake(
        _ message: String, _ reader: ArgumentReader, at token: Token? = nil
    ) -> ConfigurationError {
        reader.fail(
            .invalidValue, "setting up rule: \(message)",
            hint: "a line is 'query' or 'response', 'set' or 'clear', and some of aa, ra, rd", at: token)
    }
}

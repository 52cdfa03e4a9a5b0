import Synchronization

/// Keeps one copy of each string that a document repeats.
///
/// Node names and zones come once for every endpoint; without this each is an allocation of its own. A table lives as
/// long as the decoding of one document.
final class StringTable: Sendable {
    static let key = CodingUserInfoKey(rawValue: "needletail.strings")

    private let strings = Mutex<Set<String>>([])

    /// The first string of this value that was asked for.
    func shared(_ text: String) -> String {
        // Swift keeps up to fifteen bytes in the value itself.
        guard text.utf8.count > 15 else { return text }
        return strings.withLock { $0.insert(text).memberAfterInsert }
    }
}

extension Decoder {
    /// The shared copy of a string, when the decoding keeps a table.
    func shared(_ text: String) -> String {
        guard let key = StringTable.key, let table = userInfo[key] as? StringTable else { return text }
        return table.shared(text)
    }
}

/// Where the next page begins.
struct ContinueToken: Sendable {
    var version: UInt64
    var last: StoredKey

    init(version: UInt64, last: StoredKey) {
        self.version = version
        self.last = last
    }

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let version = UInt64(parts[0]) else { return nil }
        self.init(version: version, last: StoredKey(namespace: parts[1], name: parts[2]))
    }

    var text: String { "\(version)/\(last.namespace)/\(last.name)" }
}

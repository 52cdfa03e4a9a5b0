/// Reading of bearer tokens.
enum TokenFile {
    /// The token in a file, without the white space around it.
    ///
    /// - Throws: `unreadableFile`, `emptyToken`.
    static func read(_ path: String) throws(ClusterAccessError) -> String {
        let bytes = try SmallFile.read(path).filter { $0 > 0x20 && $0 < 0x7F }
        guard !bytes.isEmpty else { throw ClusterAccessError(.emptyToken, "\(path) holds no token") }
        return String(decoding: bytes, as: UTF8.self)
    }
}

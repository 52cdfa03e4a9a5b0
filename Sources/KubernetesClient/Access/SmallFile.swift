import Basics

/// Reading of small files.
enum SmallFile {
    /// The largest file that is read: far above any token, certificate bundle or kubeconfig.
    static let limit = 1 << 20

    /// The bytes of an ordinary file.
    ///
    /// - Throws: `unreadableFile` when it is missing, unreadable, something else, or beyond the limit.
    static func read(_ path: String) throws(ClusterAccessError) -> [UInt8] {
        do {
            return try FileReader.read(path, atMost: limit)
        } catch {
            throw ClusterAccessError(.unreadableFile, "can not read \(path): \(words(error))")
        }
    }

    private static func words(_ failure: FileFailure) -> String {
        switch failure.kind {
        case .missing: "no such file"
        case .tooLong: "it is too large"
        case .notAFile, .other: failure.description
        }
    }
}

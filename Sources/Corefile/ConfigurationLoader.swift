/// Where the text of a Corefile and of its imports comes from.
///
/// The parser reads files through this protocol only, so that tests need no disk.
package protocol ConfigurationLoader: Sendable {
    /// The bytes of a file.
    ///
    /// - Throws: `LoadFailure` when the file is missing, unreadable, or longer than `maximumBytes`.
    func read(_ path: String, maximumBytes: Int) throws(LoadFailure) -> [UInt8]

    /// The files that match a glob pattern, in no particular order.
    ///
    /// A pattern without a wildcard matches the file of that name, if there is one.
    /// - Throws: `LoadFailure` when a directory cannot be searched.
    func files(matching pattern: String) throws(LoadFailure) -> [String]
}

/// Why a file could not be read.
package struct LoadFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds a caller treats differently.
    package enum Kind: Sendable, Hashable {
        case missing
        case tooLong
        case other
    }

    /// The kind.
    package var kind: Kind
    /// The reason in words, as the operating system gives it.
    package var description: String

    /// Makes a failure.
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

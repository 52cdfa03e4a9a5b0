import Glibc

/// Why a file could not be read or written.
package struct FileFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds that a caller treats differently.
    package enum Kind: Sendable, Hashable {
        /// There is nothing at the path.
        case missing
        /// The file has more octets than are taken.
        case tooLong
        /// A folder, a pipe, a device, or, where something is written, a link.
        case notAFile
        /// What the system said.
        case other
    }

    /// The kind.
    package let kind: Kind
    /// The reason in words, as the operating system gives it where it gives one.
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// What the system says to an error number.
    package init(errno code: CInt) {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        self.init(code == ENOENT ? .missing : .other, reason.lowercased())
    }
}

import Glibc

/// What changes with a file's contents, as far as the file system tells: for those who look again now and then.
package struct FileStamp: Sendable, Hashable {
    /// What stands at a path.
    package enum Kind: Sendable, Hashable {
        case file
        case folder
        case other
    }

    package let kind: Kind
    /// Octets.
    package let size: Int
    private let seconds: Int
    private let nanoseconds: Int
    private let inode: UInt64

    /// When the contents last changed, in seconds since 1970.
    package var modified: Double { Double(seconds) + Double(nanoseconds) / 1e9 }

    /// Looks at `path`, through symbolic links; nil when there is nothing that can be looked at, and `errno` says why.
    package init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        size = Int(status.st_size)
        seconds = Int(status.st_mtim.tv_sec)
        nanoseconds = Int(status.st_mtim.tv_nsec)
        inode = UInt64(status.st_ino)
    }
}

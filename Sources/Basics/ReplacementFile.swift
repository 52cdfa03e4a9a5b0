import Glibc

/// A file that is written whole and then takes another one's place, so that a reader sees the one or the other.
///
/// It stands beside the other one and is called `NAME.new` meanwhile. Neither of the two is anything but an ordinary file: links are
/// not followed and not replaced, and devices and pipes are left alone.
package final class ReplacementFile {
    private let path: String
    private let target: String
    private var descriptor: CInt

    /// Creates the file, in place of one that was left behind.
    ///
    /// - Throws: `notAFile` when something else stands at one of the paths, else what the system said.
    package init(for target: String) throws(FileFailure) {
        self.target = target
        path = "\(target).new"
        try Self.expectFile(target)
        if try Self.expectFile(path), unsafe unlink(path) != 0 {
            throw FileFailure(errno: errno, "cannot replace \(path)")
        }
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw FileFailure(errno: errno, "cannot create \(path)") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends octets.
    package func write(_ octets: ContiguousArray<UInt8>) throws(FileFailure) {
        var done = 0
        while done < octets.count {
            let count = unsafe octets.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), octets.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFailure(errno: errno, "cannot write \(path)") }
            done += count
        }
    }

    /// Makes sure that all is on disk, and puts the file in its place.
    package func finish() throws(FileFailure) {
        guard fsync(descriptor) == 0 else { throw FileFailure(errno: errno, "cannot write \(path)") }
        try Self.expectFile(target)
        guard unsafe rename(path, target) == 0 else {
            throw FileFailure(errno: errno, "cannot rename \(path) to \(target)")
        }
    }

    /// Takes the file away again.
    package func discard() {
        _ = unsafe unlink(path)
    }

    /// Looks at what stands at `path`.
    ///
    /// - Returns: whether there is an ordinary file, rather than nothing.
    /// - Throws: `notAFile` when there is something else.
    @discardableResult
    private static func expectFile(_ path: String) throws(FileFailure) -> Bool {
        var status = stat()
        // What cannot be looked at cannot be written either, and that says why.
        guard unsafe lstat(path, &status) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileFailure(.notAFile, "cannot write \(path): it is no ordinary file")
        }
        return true
    }
}

extension FileFailure {
    /// What the system says to an error number, behind what was tried.
    fileprivate init(errno code: CInt, _ attempt: String) {
        self.init(.other, "\(attempt): \(FileFailure(errno: code))")
    }
}

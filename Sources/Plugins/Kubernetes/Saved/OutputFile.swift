import Glibc

/// A file that is written whole and then takes another one's place, so that a reader sees the one or the other.
final class OutputFile {
    private let path: String
    private var descriptor: CInt

    /// Creates the file, in place of one that was left behind.
    ///
    /// - Throws: `unreadable` with what the system said.
    init(path: String) throws(StateFileError) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("cannot create \(path)") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func write(_ octets: ContiguousArray<UInt8>) throws(StateFileError) {
        var done = 0
        while done < octets.count {
            let count = unsafe octets.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), octets.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("cannot write \(path)") }
            done += count
        }
    }

    /// Makes sure that all is on disk, and puts the file in place of `target`.
    func finish(as target: String) throws(StateFileError) {
        guard fsync(descriptor) == 0 else { throw .system("cannot write \(path)") }
        guard unsafe rename(path, target) == 0 else { throw .system("cannot rename \(path) to \(target)") }
    }

    /// Takes the file away again.
    func discard() {
        _ = unsafe unlink(path)
    }
}

/// A file that is read whole.
enum InputFile {
    /// The contents of a regular file.
    ///
    /// - Throws: `absent`; `unreadable` with the cause, also when it is no regular file or larger than `limit` octets.
    static func contents(of path: String, atMost limit: Int) throws(StateFileError) -> ContiguousArray<UInt8> {
        // Not blocking: something else than a file, such as a pipe, is found out below.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .absent }
            throw .system("cannot open it")
        }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw .system("it is no ordinary file") }
        guard size <= limit else { throw .unreadable("larger than \(limit) octets") }
        var failure: StateFileError?
        let contents = unsafe ContiguousArray<UInt8>(unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = unsafe Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), size - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = .system("cannot read it") }
                guard got > 0 else { return }
                count += got
            }
        }
        if let failure { throw failure }
        return contents
    }
}

extension StateFileError {
    /// What the system said last, behind what was tried.
    fileprivate static func system(_ attempt: String) -> StateFileError {
        .unreadable("\(attempt): \(unsafe String(cString: strerror(errno)))")
    }
}

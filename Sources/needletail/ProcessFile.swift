import Basics
import Glibc

/// The file that has the process's number for as long as the process serves (`-pidfile`).
struct ProcessFile: Sendable {
    let path: String

    private static var text: [UInt8] { Array("\(getpid())\n".utf8) }

    /// - Throws: what keeps it from being written.
    func write() throws(CommandError) {
        // Not blocking: a pipe that nobody reads is a mistake, and no reason to wait.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure }
        defer { close(descriptor) }
        let text = Self.text
        let written = unsafe text.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.count else { throw failure }
    }

    /// Removes it, unless something else stands there by now: a device, or the number of another process.
    func remove() {
        guard let found = try? FileReader.read(path, atMost: 64), found == Self.text else { return }
        unsafe unlink(path)
    }

    private var failure: CommandError {
        CommandError("writing the pidfile \(path): \(unsafe String(cString: strerror(errno)))")
    }
}

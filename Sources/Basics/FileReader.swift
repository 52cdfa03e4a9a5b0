import Glibc

/// Reads whole files, of which nobody knows what they are: the one way in which the program does.
///
/// Nothing that stands at a path holds the reader up, or makes it take more than it was told to: a pipe that nobody writes to, a
/// device without an end, a file that grows while it is read.
package enum FileReader {
    /// What is read.
    package enum Kinds: Sendable {
        /// Ordinary files alone.
        case files
        /// Pipes and devices too, as long as they come to their end within ``FileReader/patience``.
        case streams
    }

    /// How long a pipe or a device may take.
    package static let patience = Duration.seconds(2)

    private static let chunk = 65_536

    /// The octets of what stands at `path`; symbolic links are followed.
    ///
    /// - Parameters:
    ///   - limit: the most octets that are taken.
    ///   - patience: how long a pipe or a device may take.
    /// - Throws: `missing`, `tooLong`, `notAFile`, or what the system said.
    package static func read(
        _ path: String, atMost limit: Int, _ kinds: Kinds = .files, within patience: Duration = patience
    ) throws(FileFailure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw FileFailure(.other, "invalid argument") }
        // Not blocking: opening a pipe waits for somebody to write to it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw FileFailure(errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileFailure(errno: errno) }
        switch status.st_mode & S_IFMT {
        // An ordinary file takes as long as its disk does: nobody can read it without waiting for that.
        case S_IFREG: return try readAll(descriptor, atMost: limit, until: nil, isFile: true)
        case S_IFDIR: throw FileFailure(.notAFile, "is a directory")
        default:
            guard kinds == .streams else { throw FileFailure(.notAFile, "is no ordinary file") }
            return try readAll(descriptor, atMost: limit, until: ContinuousClock.now + patience)
        }
    }

    /// The octets of standard input up to its end, which whoever started the program may take their time for.
    package static func readStandardInput(atMost limit: Int) throws(FileFailure) -> [UInt8] {
        try readAll(STDIN_FILENO, atMost: limit, until: nil)
    }

    private static func readAll(
        _ descriptor: CInt, atMost limit: Int, until end: ContinuousClock.Instant?, isFile: Bool = false
    ) throws(FileFailure) -> [UInt8] {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunk)
        while true {
            // Somebody may write an octet now and then for ever.
            if let end, ContinuousClock.now >= end { throw endless }
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // What calls itself an ordinary file and has nothing now is a window into the kernel, such as /proc/kmsg.
                if isFile { throw endless }
                try wait(for: descriptor, until: end)
                continue
            }
            guard count >= 0 else { throw FileFailure(errno: errno) }
            guard count > 0 else { return result }
            guard count <= limit - result.count else { throw FileFailure(.tooLong, "file too large") }
            result.append(contentsOf: buffer[..<count])
        }
    }

    /// Waits until there is more; only pipes and devices come here.
    private static func wait(for descriptor: CInt, until end: ContinuousClock.Instant?) throws(FileFailure) {
        let left = end.map { max(.zero, ContinuousClock.now.duration(to: $0)) / .milliseconds(1) } ?? -1
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&request, 1, CInt(left.rounded(.up))) != 0 else { throw endless }
    }

    private static var endless: FileFailure { FileFailure(.other, "does not come to an end") }
}

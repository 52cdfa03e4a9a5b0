import Glibc

/// Lines for standard output that are written together at the end of a batch.
///
/// When the reader of standard output is slower than the lines come, whole chunks are dropped and counted rather than holding
/// up the worker for long: a stuck log must not stop the DNS.
package final class LineBuffer {
    private static let writeThreshold = 64 * 1_024
    private var bytes: [UInt8] = []
    /// Chunks that could not be written.
    package private(set) var droppedChunks = 0

    package init() {
        bytes.reserveCapacity(4_096)
    }

    /// Appends `line`, which ends with a newline.
    package func append(_ line: [UInt8]) {
        bytes += line
        if bytes.count >= Self.writeThreshold { flush() }
    }

    /// Appends octets of a line.
    package func append(_ part: Span<UInt8>) {
        for index in 0..<part.count { bytes.append(part[index]) }
    }

    /// Writes what has been collected.
    package func flush() {
        guard !bytes.isEmpty else { return }
        writeAll()
        bytes.removeAll(keepingCapacity: true)
    }

    private func writeAll() {
        var offset = 0
        while offset < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe buffer.baseAddress.map { unsafe write(STDOUT_FILENO, $0 + offset, buffer.count - offset) } ?? 0
            }
            if written > 0 {
                offset += written
            } else if written < 0, errno == EINTR {
                continue
            } else {
                droppedChunks += 1
                return
            }
        }
    }
}

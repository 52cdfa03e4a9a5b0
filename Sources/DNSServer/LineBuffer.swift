import CDatagram
import Glibc

/// Lines for standard output that are written together at the end of a batch.
///
/// A reader of standard output that is slower than the lines come must not stop the DNS: what a pipe does not take within a
/// moment is dropped, whole lines, and counted.
package final class LineBuffer {
    /// So many octets a pipe takes whole or not at all (PIPE_BUF); a write of more could block.
    private static let chunk = 4_096
    private static let writeThreshold = 64 * 1_024
    /// How long a full pipe is waited for, in milliseconds, once a flush.
    private static let patience: Int32 = 2
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    /// Lines that were dropped since they were last asked for.
    private var droppedLines = 0

    package init(descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
        bytes.reserveCapacity(4_096)
    }

    /// Appends `line`, which ends with a newline.
    package func append(_ line: [UInt8]) {
        bytes += line
        if bytes.count >= Self.writeThreshold { flush() }
    }

    /// Writes what has been collected.
    package func flush() {
        guard !bytes.isEmpty else { return }
        let written = write()
        if written < bytes.count { droppedLines += bytes[written...].count { $0 == 0x0A } }
        bytes.removeAll(keepingCapacity: true)
    }

    /// How many lines have been dropped since the last call.
    func takeDroppedLines() -> Int {
        defer { droppedLines = 0 }
        return droppedLines
    }

    /// Writes chunks that end with a line while the descriptor takes them; gives how many octets it took.
    private func write() -> Int {
        var offset = 0
        while offset < bytes.count, cdg_wait_writable(descriptor, Self.patience) {
            let length = chunkLength(from: offset)
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe buffer.baseAddress.map { unsafe Glibc.write(descriptor, $0 + offset, length) } ?? 0
            }
            if written > 0 {
                offset += written
            } else if errno != EINTR {
                break
            }
        }
        return offset
    }

    /// As many whole lines as fit a chunk; a longer line is cut.
    private func chunkLength(from offset: Int) -> Int {
        let limit = min(bytes.count, offset + Self.chunk)
        guard limit < bytes.count, let newline = bytes[offset..<limit].lastIndex(of: 0x0A) else {
            return limit - offset
        }
        return newline + 1 - offset
    }
}

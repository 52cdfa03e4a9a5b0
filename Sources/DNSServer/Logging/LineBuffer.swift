/// Lines for standard output that a worker hands over together at the end of a batch.
package final class LineBuffer {
    private static let threshold = 64 * 1_024
    private let writer: LineWriter
    private var bytes: [UInt8] = []

    package init(_ writer: LineWriter = .output) {
        self.writer = writer
        bytes.reserveCapacity(4_096)
    }

    /// Appends `line`, which ends with a newline.
    package func append(_ line: [UInt8]) {
        bytes += line
        if bytes.count >= Self.threshold { flush() }
    }

    /// Hands over what has been collected.
    package func flush() {
        guard !bytes.isEmpty else { return }
        writer.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}

import NIOCore

/// Cuts a stream into lines: the frames of a JSON watch.
struct LineFrames: WatchFrames {
    private let limit: Int
    private var buffer = ByteBuffer()
    /// How many bytes of the buffer are known to hold no line end, so that a long line is searched once.
    private var searched = 0

    /// Creates a reader of lines.
    ///
    /// - Parameter limit: the longest line, in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    var isWithinFrame: Bool {
        buffer.readableBytesView.contains {
            $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: " ")
        }
    }

    mutating func append(_ piece: ByteBuffer) {
        buffer.take(piece)
    }

    mutating func next() throws(APIFailure) -> ByteBuffer? {
        while let line = try nextLine() {
            // A blank line is no frame.
            if line.readableBytesView.contains(where: { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: " ") }) {
                return line
            }
        }
        return nil
    }

    private mutating func nextLine() throws(APIFailure) -> ByteBuffer? {
        let view = buffer.readableBytesView.dropFirst(searched)
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            searched = buffer.readableBytes
            guard searched <= limit else { throw .tooLarge(limit: limit) }
            return nil
        }
        let length = end - buffer.readerIndex
        guard length <= limit else { throw .tooLarge(limit: limit) }
        searched = 0
        let line = buffer.readSlice(length: length)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }
}

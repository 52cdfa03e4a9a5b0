import NIOCore

/// Cuts a stream into pieces that each follow their length: the frames of a watch in protobuf.
///
/// Shape: four bytes of length, most significant first, then the frame.
struct LengthFrames: WatchFrames {
    private let limit: Int
    private var buffer = ByteBuffer()

    /// Creates a reader of frames.
    ///
    /// - Parameter limit: the longest frame, in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    var isWithinFrame: Bool { buffer.readableBytes > 0 }

    mutating func append(_ piece: ByteBuffer) {
        buffer.take(piece)
    }

    mutating func next() throws(APIFailure) -> ByteBuffer? {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex) else { return nil }
        guard length <= limit else { throw .tooLarge(limit: limit) }
        guard buffer.readableBytes - 4 >= length else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        return buffer.readSlice(length: Int(length))
    }
}

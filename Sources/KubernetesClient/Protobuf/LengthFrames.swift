import NIOCore

/// Cuts a stream into pieces that each follow their length: the frames of a watch in protobuf.
///
/// Shape: four bytes of length, most significant first, then the frame.
struct LengthFrames: WatchFrames {
    private let limits: DecodingLimits
    private var buffer = ByteBuffer()
    /// How many of the next bytes belong to a frame that is left out.
    private var skipped = 0

    /// Creates a reader of frames.
    init(limits: DecodingLimits) {
        self.limits = limits
    }

    var isWithinFrame: Bool { buffer.readableBytes > 0 || skipped > 0 }

    mutating func append(_ piece: ByteBuffer) {
        buffer.take(piece)
    }

    mutating func next() throws(APIFailure) -> WatchFrame? {
        defer { buffer.letGoIfRead() }
        guard skip(), let number: UInt32 = buffer.getInteger(at: buffer.readerIndex) else { return nil }
        let length = Int(number)
        // That is no frame, but something else than protobuf.
        guard length <= limits.reply else { throw .tooLarge(limit: limits.reply) }
        if length > limits.object {
            buffer.moveReaderIndex(forwardBy: 4)
            skipped = length
            return .leftOut(LeftOutObject(.tooLarge))
        }
        guard buffer.readableBytes - 4 >= length else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        guard let frame = buffer.readSlice(length: length) else { return nil }
        return ProtobufField.isOverfull(frame) ? .leftOut(LeftOutObject(.tooLarge)) : .event(frame)
    }

    /// Drops the rest of a frame that is left out.
    ///
    /// - Returns: whether all of it has arrived.
    private mutating func skip() -> Bool {
        let count = min(skipped, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: count)
        skipped -= count
        return skipped == 0
    }
}

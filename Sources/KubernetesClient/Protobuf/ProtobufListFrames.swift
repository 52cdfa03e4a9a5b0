import NIOCore

/// Cuts a list written as protobuf into its objects while it arrives.
///
/// A page of a large cluster is many megabytes; of these only the object that is read stays in memory.
///
/// ```
///   "k8s\0"  Unknown { 1: type  2: list  … }        list { 1: metadata  2: object  2: object … }
/// ```
struct ProtobufListFrames {
    /// A part of the list.
    enum Part: Equatable {
        /// The list's own metadata.
        case metadata(ByteBuffer)
        /// One object.
        case object(ByteBuffer)
        /// An object that is passed over, because it is larger than the limit.
        case tooLarge
    }

    private enum Place: Equatable {
        case magic
        case envelope
        /// Within the list, with so many bytes of it left.
        case list(remaining: Int)
    }

    private let limit: Int
    private var buffer = ByteBuffer()
    private var place = Place.magic
    /// How many of the next bytes nobody reads.
    private var skipped = 0

    /// Creates a reader.
    ///
    /// - Parameter limit: the largest object, in bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next piece of the reply.
    mutating func append(_ piece: ByteBuffer) {
        buffer.take(piece)
    }

    /// The next part that is complete, or nothing until more arrives.
    ///
    /// - Throws: `malformed`; `tooLarge` when the list's own metadata say that they will be.
    mutating func next() throws(APIFailure) -> Part? {
        while skip() {
            switch place {
            case .magic:
                guard buffer.readableBytes >= ProtobufEnvelope.magic.count else { return nil }
                guard buffer.readBytes(length: ProtobufEnvelope.magic.count) == ProtobufEnvelope.magic else {
                    throw .malformed("protobuf: no k8s envelope")
                }
                place = .envelope
            case .envelope:
                guard try enterField() else { return nil }
            case .list(0):
                place = .envelope
            case .list(let remaining):
                guard let header = try ProtobufField.header(buffer) else { return nil }
                guard header.payload <= remaining, header.size <= remaining - header.payload else {
                    throw .malformed("protobuf: field beyond the list")
                }
                if let wanted = Wanted(header) {
                    if wanted == .object, header.payload > limit {
                        place = .list(remaining: remaining - header.size - header.payload)
                        pass(header)
                        return .tooLarge
                    }
                    guard let payload = try read(header) else { return nil }
                    place = .list(remaining: remaining - header.size - header.payload)
                    return wanted == .metadata ? .metadata(payload) : .object(payload)
                }
                place = .list(remaining: remaining - header.size - header.payload)
                pass(header)
            }
        }
        return nil
    }

    /// Whether the reply may end here.
    var isComplete: Bool { place == .envelope && skipped == 0 && buffer.readableBytes == 0 }

    private enum Wanted {
        case metadata
        case object

        init?(_ header: ProtobufField.Header) {
            guard header.isBytes else { return nil }
            switch header.number {
            case 1: self = .metadata
            case 2: self = .object
            default: return nil
            }
        }
    }

    /// Reads the header of a field of the envelope; the list is entered, everything else passed over.
    private mutating func enterField() throws(APIFailure) -> Bool {
        guard let header = try ProtobufField.header(buffer) else { return false }
        if header.number == 2, header.isBytes {
            buffer.moveReaderIndex(forwardBy: header.size)
            place = .list(remaining: header.payload)
        } else {
            pass(header)
        }
        return true
    }

    private mutating func read(_ header: ProtobufField.Header) throws(APIFailure) -> ByteBuffer? {
        guard header.payload <= limit else { throw .tooLarge(limit: limit) }
        guard buffer.readableBytes - header.size >= header.payload else { return nil }
        buffer.moveReaderIndex(forwardBy: header.size)
        return buffer.readSlice(length: header.payload)
    }

    private mutating func pass(_ header: ProtobufField.Header) {
        buffer.moveReaderIndex(forwardBy: header.size)
        skipped = header.payload
    }

    /// Drops bytes that nobody reads.
    ///
    /// - Returns: whether all of them have arrived.
    private mutating func skip() -> Bool {
        let count = min(skipped, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: count)
        skipped -= count
        return skipped == 0
    }
}

import NIOCore

/// Takes out of JSON what is wanted of it, while it arrives.
///
/// What is not wanted is passed over octet by octet and never kept, and no tree is built, so that memory stays within a small multiple
/// of what is wanted, whatever else an object holds: annotations, managed fields, a million empty arrays.
///
/// Its parts: reading on, here; texts, numbers and what is passed over (`+Text`); containers and parts (`+Structure`).
///
/// What is passed over is looked at no closer than its brackets and quotes ask for; what is taken is checked by whoever decodes it.
struct JSONPruner {
    /// Something that is complete.
    enum Part: Equatable {
        /// What is wanted of an element of the array that is taken element by element.
        case element([UInt8])
        /// What is wanted of a whole value, without those elements.
        case whole([UInt8])
        /// An element, or a whole value, of which more is wanted than is kept.
        ///
        /// - Parameter metadata: its `metadata`, when that came before the limit.
        case tooLarge(metadata: [UInt8]?, isElement: Bool)
    }

    /// A container that is wanted.
    struct Frame {
        let isObject: Bool
        let parts: JSONParts
        /// Whether each element is a part of its own.
        let hasParts: Bool
        var isEmpty = true
    }

    enum Place {
        case start, done
        case element(mayEnd: Bool)
        case key(mayEnd: Bool)
        case colon, member, next
        case string, escape, literal, skipping
    }

    /// What becomes of a text or a number.
    enum Sink {
        case key, kept, passedOver
    }

    /// Containers within each other: far more than any object has.
    static let deepestWanted = 32
    static let deepestPassedOver = 512
    /// A longer name is that of no member that is wanted.
    static let longestName = 512
    /// Values in one part.
    ///
    /// An endpoint slice of a thousand endpoints has some ten thousand.
    static let mostValues = 1 << 17

    let parts: JSONParts
    let limits: DecodingLimits
    /// How many containers are around the members of which one is called `metadata`.
    let identityDepth: Int
    let isStream: Bool

    var buffer = ByteBuffer()
    var place = Place.start
    var sink = Sink.kept
    var frames: [Frame] = []
    var name: [UInt8] = []
    /// What is wanted of the member whose name was just read.
    var wanted: JSONParts?
    var depthPassedOver = 0
    var output: [UInt8] = []
    /// Where in `output` the present part starts.
    var start = 0
    var values = 0
    var isTooLarge = false
    var isWithinElement = false
    var identityStart: Int?
    var identity: Range<Int>?
    var identityOfTooLarge: [UInt8]?
    var found: Part?
    /// Octets of the whole value until now.
    var size = 0

    /// - Parameters:
    ///   - isStream: whether any number of values follow each other.
    init(_ parts: JSONParts, limits: DecodingLimits, identityDepth: Int, isStream: Bool) {
        self.parts = parts
        self.limits = limits
        self.identityDepth = identityDepth
        self.isStream = isStream
    }

    /// Whether what has come until now ends between two values, or behind the only one.
    var isBetweenValues: Bool {
        switch place {
        case .done: true
        case .start: isStream
        default: false
        }
    }

    /// Takes the next octets of the reply.
    mutating func append(_ piece: ByteBuffer) {
        buffer.take(piece)
    }

    /// Takes a value that has arrived as a whole and is one line, as it is.
    ///
    /// What is written over several lines is left to ``next()``: its first line does not end with a brace that closes something.
    ///
    /// - Parameter limit: the longest line that is taken, in octets.
    mutating func takeLine(atMost limit: Int) -> ByteBuffer? {
        guard isStream, isBetweenValues else { return nil }
        let piece = buffer
        let octets = piece.readableBytesUInt8Span
        var begin = 0
        while begin < octets.count, octets[begin].isJSONSpace { begin += 1 }
        buffer.moveReaderIndex(forwardBy: begin)
        guard begin < octets.count, octets[begin] == UInt8(ascii: "{") else { return nil }
        let limit = min(octets.count, begin + limit)
        let end = octets.firstPlace(of: UInt8(ascii: "\n"), in: begin..<limit)
        guard end < limit, end - begin > 1, octets[end - 1] == UInt8(ascii: "}") else { return nil }
        return buffer.readSlice(length: end - begin)
    }

    /// The next part that is complete, or nothing until more arrives.
    ///
    /// - Throws: `malformed`; `tooLarge` when the whole is beyond all measure.
    mutating func next() throws(APIFailure) -> Part? {
        let piece = buffer
        let octets = piece.readableBytesUInt8Span
        var index = 0
        while index < octets.count, found == nil { try step(octets, &index) }
        buffer.moveReaderIndex(forwardBy: index)
        buffer.letGoIfRead()
        size += index
        guard size <= limits.reply else { throw .tooLarge(limit: limits.reply) }
        // Without its elements a list is a few words.
        if isTooLarge, !isStream, !isWithinElement { throw .tooLarge(limit: limits.object) }
        defer { found = nil }
        switch found {
        case .tooLarge(_, isElement: false) where !isStream: throw .tooLarge(limit: limits.object)
        case .tooLarge(_, isElement: false), .whole: size = 0
        case .element, .tooLarge, nil: break
        }
        return found
    }

    private mutating func step(_ octets: Span<UInt8>, _ index: inout Int) throws(APIFailure) {
        switch place {
        case .string: readString(octets, &index)
        case .literal: readLiteral(octets, &index)
        case .skipping: try passOver(octets, &index)
        case .escape:
            keep(octets, index..<index + 1)
            index += 1
            place = .string
        default:
            let octet = octets[index]
            index += 1
            if !octet.isJSONSpace { try take(octet) }
        }
    }
}

extension UInt8 {
    /// RFC 8259 §2.
    var isJSONSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D && self != 0x0B && self != 0x0C) }

    /// Whether a number or a word ends before it.
    var endsJSONLiteral: Bool {
        isJSONSpace || self == UInt8(ascii: ",") || self == UInt8(ascii: "]") || self == UInt8(ascii: "}")
    }
}

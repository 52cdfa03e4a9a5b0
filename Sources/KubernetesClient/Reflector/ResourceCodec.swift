import NIOCore

/// How objects of one kind are written on the wire.
///
/// The seam between following a kind of object and the encoding it comes in: a reflector picks a codec by the media type of
/// a reply, and hands the bytes over as they arrive.
protocol ResourceCodec<Resource>: Sendable {
    associatedtype Resource: KubernetesResource

    /// An empty reader, for one page of a list.
    func makeListReader(limits: DecodingLimits, context: DecodingContext) -> any ListReader<Resource>

    /// An empty reader of frames, for one watch.
    func makeFrames(limits: DecodingLimits) -> any WatchFrames

    /// Decodes one frame of a watch.
    func decodeEvent(_ frame: ByteBuffer, context: DecodingContext) throws(APIFailure) -> WatchEvent<Resource>
}

/// The largest things that are taken, in bytes.
struct DecodingLimits: Sendable {
    /// A page of a list, or an event of a watch, with all that is passed over in it.
    var reply: Int
    /// What is held of one object: in JSON what is wanted of it, in protobuf all of it.
    var object: Int
}

/// What the decoding of all objects of a list or of a watch shares.
struct DecodingContext: Sendable {
    /// Keeps one copy of the strings that come again and again.
    var strings = StringTable()
    /// Where the event that is being decoded lies.
    let scratch = ScratchOctets()
    /// What of objects is kept.
    var details = ObjectDetails.all
}

/// Reads one page of a list, piece by piece.
protocol ListReader<Resource> {
    associatedtype Resource: KubernetesResource

    /// Takes the next piece of the reply, and adds the objects that are complete with it.
    mutating func read(_ piece: ByteBuffer, into objects: inout [Resource]) throws(APIFailure)

    /// Takes the end of the reply, and adds the objects that were not complete before.
    ///
    /// - Throws: also when the reply is not complete.
    mutating func finish(into objects: inout [Resource]) throws(APIFailure) -> ListEnd

    /// The objects that were not taken since this was asked last.
    mutating func takeLeftOut() -> [LeftOutObject]
}

/// What a page of a list says of the list.
struct ListEnd: Sendable, Equatable {
    /// The version of the collection; a watch from here misses nothing.
    var resourceVersion: String
    /// Asks for the next page; nothing after the last one.
    var continueToken: String?
}

/// Cuts the bytes of a watch into frames.
protocol WatchFrames {
    /// Takes the next piece of the stream.
    mutating func append(_ piece: ByteBuffer)

    /// The next complete frame, or nothing until more arrives.
    ///
    /// - Throws: `malformed`; `tooLarge` when a frame is larger than any event can be.
    mutating func next() throws(APIFailure) -> WatchFrame?

    /// Whether the stream stands within a frame.
    var isWithinFrame: Bool { get }
}

/// A frame of a watch.
enum WatchFrame: Sendable, Equatable {
    /// An event, not decoded yet.
    case event(ByteBuffer)
    /// An event whose object is not taken.
    case leftOut(LeftOutObject)
}

/// One event of a watch, as the API server sends it.
enum WatchEvent<Resource: KubernetesResource>: Sendable, Equatable {
    case added(Resource)
    case modified(Resource)
    case deleted(Resource)
    /// Nothing changed up to this version; it may end the events that tell the first state.
    case bookmark(resourceVersion: String, endsInitialEvents: Bool)
    /// The API server ends the watch with a reason.
    case error(APIFailure)

    /// The version the watch has reached with this event.
    var resourceVersion: String? {
        switch self {
        case .added(let object), .modified(let object), .deleted(let object): object.metadata.resourceVersion
        case .bookmark(let version, _): version
        case .error: nil
        }
    }

    /// The annotation of the bookmark after the first state, with the value `true`.
    static var initialEventsEnd: String { "k8s.io/initial-events-end" }
}

extension ByteBuffer {
    /// Lets go of memory that holds nothing more, so that the connection can read into it again.
    mutating func letGoIfRead() {
        if readableBytes == 0 { self = ByteBuffer() }
    }

    /// Adds a piece of a stream of which all but the readable bytes is done with.
    mutating func take(_ piece: ByteBuffer) {
        if readableBytes == 0 {
            self = piece
        } else {
            discardReadBytes()
            writeImmutableBuffer(piece)
        }
    }
}

import NIOCore

/// How objects of one kind are written on the wire.
///
/// The seam between following a kind of object and the encoding it comes in: a reflector asks for the encoding by its
/// media type, cuts a watch's bytes into frames and hands them over one at a time.
protocol ResourceCodec<Resource>: Sendable {
    associatedtype Resource: KubernetesResource

    /// The media type to ask for.
    var mediaType: String { get }

    /// Decodes one page of a list.
    func decodeList(_ body: ByteBuffer) throws(APIFailure) -> ListPage<Resource>

    /// Decodes one frame of a watch.
    func decodeEvent(_ frame: ByteBuffer) throws(APIFailure) -> WatchEvent<Resource>

    /// An empty reader of frames, for one watch.
    func makeFrames(limit: Int) -> any WatchFrames
}

/// Cuts the bytes of a watch into frames.
protocol WatchFrames {
    /// Takes the next piece of the stream.
    mutating func append(_ piece: ByteBuffer)

    /// The next complete frame, or nothing until more arrives.
    ///
    /// - Throws: `APIFailure.tooLarge` when a frame grows past the limit.
    mutating func next() throws(APIFailure) -> ByteBuffer?

    /// Whether the stream stands within a frame.
    var isWithinFrame: Bool { get }
}

/// One page of a list.
struct ListPage<Resource: KubernetesResource>: Sendable {
    /// The version of the collection; a watch from here misses nothing.
    var resourceVersion: String
    /// Asks for the next page; nothing after the last one.
    var continueToken: String?
    /// The objects of the page.
    var items: [Resource]
}

/// One event of a watch, as the API server sends it.
enum WatchEvent<Resource: KubernetesResource>: Sendable, Equatable {
    case added(Resource)
    case modified(Resource)
    case deleted(Resource)
    case bookmark(resourceVersion: String)
    /// The API server ends the watch with a reason.
    case error(APIFailure)

    /// The version the watch has reached with this event.
    var resourceVersion: String? {
        switch self {
        case .added(let object), .modified(let object), .deleted(let object): object.metadata.resourceVersion
        case .bookmark(let version): version
        case .error: nil
        }
    }
}

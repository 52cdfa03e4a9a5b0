import FoundationEssentials
import NIOCore

/// Objects written as JSON.
struct JSONCodec<Resource: KubernetesResource & Decodable>: ResourceCodec {
    func makeListReader(limits: DecodingLimits, context: DecodingContext) -> any ListReader<Resource> {
        JSONListReader(limit: limits.reply, context: context)
    }

    func decodeEvent(_ frame: ByteBuffer, context: DecodingContext) throws(APIFailure) -> WatchEvent<Resource> {
        try JSONDocument.decode(EventForm.self, from: frame, context: context).event
    }

    func makeFrames(limit: Int) -> any WatchFrames { LineFrames(limit: limit) }

    private struct EventForm: Decodable {
        enum Keys: String, CodingKey {
            case type, object
        }

        struct Bookmark: Decodable {
            struct Metadata: Decodable {
                var resourceVersion: String
                var annotations: [String: String]?
            }

            var metadata: Metadata
        }

        var event: WatchEvent<Resource>

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            switch try container.decode(String.self, forKey: .type) {
            case "ADDED": event = .added(try container.decode(Resource.self, forKey: .object))
            case "MODIFIED": event = .modified(try container.decode(Resource.self, forKey: .object))
            case "DELETED": event = .deleted(try container.decode(Resource.self, forKey: .object))
            case "BOOKMARK":
                let bookmark = try container.decode(Bookmark.self, forKey: .object)
                event = .bookmark(
                    resourceVersion: bookmark.metadata.resourceVersion,
                    endsInitialEvents: bookmark.metadata.annotations?[WatchEvent<Resource>.initialEventsEnd] == "true")
            case "ERROR":
                event = .error(try container.decode(StatusForm.self, forKey: .object).failure(code: 500))
            default:
                throw DecodingError.dataCorruptedError(
                    forKey: .type, in: container, debugDescription: "unknown type of event")
            }
        }
    }
}

/// Collects a page of a list written as JSON, and decodes it as a whole.
private struct JSONListReader<Resource: KubernetesResource & Decodable>: ListReader {
    let limit: Int
    let context: DecodingContext
    private var text = ByteBuffer()

    init(limit: Int, context: DecodingContext) {
        self.limit = limit
        self.context = context
    }

    private struct ListForm: Decodable {
        struct Metadata: Decodable {
            var resourceVersion: String?
            var `continue`: String?
        }

        var metadata: Metadata
        var items: [Resource]?
    }

    mutating func read(_ piece: ByteBuffer, into objects: inout [Resource]) throws(APIFailure) {
        guard text.readableBytes + piece.readableBytes <= limit else { throw .tooLarge(limit: limit) }
        text.writeImmutableBuffer(piece)
    }

    mutating func finish(into objects: inout [Resource]) throws(APIFailure) -> ListEnd {
        let form = try JSONDocument.decode(ListForm.self, from: text, context: context)
        text = ByteBuffer()
        objects += form.items ?? []
        return ListEnd(
            resourceVersion: form.metadata.resourceVersion ?? "",
            continueToken: form.metadata.continue.flatMap { $0.isEmpty ? nil : $0 })
    }
}

/// The API's `Status` object: why a request was refused.
struct StatusForm: Decodable {
    struct Details: Decodable {
        var retryAfterSeconds: Int?
    }

    var code: Int?
    var reason: String?
    var message: String?
    var details: Details?

    /// The failure that the object tells of.
    ///
    /// - Parameter code: the HTTP status, for objects that name none.
    func failure(code httpCode: Int) -> APIFailure {
        .refused(
            APIRefusal(
                code: code ?? httpCode, reason: reason ?? "", message: message ?? "",
                retryAfter: details?.retryAfterSeconds.flatMap(APIRefusal.pause(seconds:))))
    }
}

/// Decoding of whole JSON documents.
enum JSONDocument {
    /// Decodes a document.
    ///
    /// - Throws: `APIFailure.malformed` with the place of the fault.
    static func decode<Form: Decodable>(
        _ form: Form.Type, from body: ByteBuffer, context: DecodingContext = DecodingContext()
    ) throws(APIFailure) -> Form {
        let decoder = JSONDecoder()
        if let key = DecodingContext.key { decoder.userInfo[key] = context }
        do {
            return try decoder.decode(form, from: Data(body.readableBytesView))
        } catch let error as DecodingError {
            throw .malformed(describe(error))
        } catch {
            throw .malformed("not JSON")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
            let what = String(context.debugDescription.prefix(200))
            return path.isEmpty ? what : "\(path): \(what)"
        @unknown default:
            return "not readable"
        }
    }
}

import Basics
import FoundationEssentials
import NIOCore

/// Objects written as JSON.
struct JSONCodec<Resource: KubernetesResource & Decodable>: ResourceCodec {
    /// What of an object is read.
    let parts: JSONParts

    func makeListReader(limits: DecodingLimits, context: DecodingContext) -> any ListReader<Resource> {
        JSONListReader(parts, limits: limits, context: context)
    }

    func makeFrames(limits: DecodingLimits) -> any WatchFrames {
        JSONFrames(["type": .all, "object": parts.merging(Self.eventParts)], limits: limits)
    }

    func decodeEvent(_ frame: ByteBuffer, context: DecodingContext) throws(APIFailure) -> WatchEvent<Resource> {
        try JSONDocument.decode(EventForm.self, from: frame.readableBytesView, context: context).event
    }

    /// What is read of the objects that come in events in place of one of the kind: a bookmark, a status.
    private static var eventParts: JSONParts {
        [
            "metadata": ["resourceVersion": .all, "annotations": [WatchEvent<Resource>.initialEventsEnd]],
            "code": .all, "reason": .all, "message": .all, "details": ["retryAfterSeconds"],
        ]
    }

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
///
/// The decoder builds a tree that is many times as large as a text of tiny parts: only what a ``JSONPruner`` has left, and texts that
/// are small by themselves, come here.
enum JSONDocument {
    /// Decodes a document.
    ///
    /// - Throws: `APIFailure.malformed` with the place of the fault.
    static func decode<Form: Decodable>(
        _ form: Form.Type, from body: some Sequence<UInt8>, context: DecodingContext = DecodingContext()
    ) throws(APIFailure) -> Form {
        let decoder = JSONDecoder()
        if let key = DecodingContext.key { decoder.userInfo[key] = context }
        do {
            return try decoder.decode(form, from: Data(body))
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
            let what = context.debugDescription.clipped(to: 200)
            return (path.isEmpty ? what : "\(path): \(what)").clipped()
        @unknown default:
            return "not readable"
        }
    }
}

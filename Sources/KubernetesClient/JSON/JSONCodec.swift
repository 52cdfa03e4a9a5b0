import FoundationEssentials
import NIOCore

/// Objects written as JSON.
struct JSONCodec<Resource: KubernetesResource & Decodable>: ResourceCodec {
    var mediaType: String { "application/json" }

    func decodeList(_ body: ByteBuffer) throws(APIFailure) -> ListPage<Resource> {
        let form = try JSONDocument.decode(ListForm.self, from: body)
        return ListPage(
            resourceVersion: form.metadata.resourceVersion ?? "",
            continueToken: form.metadata.continue.flatMap { $0.isEmpty ? nil : $0 }, items: form.items ?? [])
    }

    func decodeEvent(_ frame: ByteBuffer) throws(APIFailure) -> WatchEvent<Resource> {
        try JSONDocument.decode(EventForm.self, from: frame).event
    }

    func makeFrames(limit: Int) -> any WatchFrames { LineFrames(limit: limit) }

    private struct ListForm: Decodable {
        struct Metadata: Decodable {
            var resourceVersion: String?
            var `continue`: String?
        }

        var metadata: Metadata
        var items: [Resource]?
    }

    private struct EventForm: Decodable {
        enum Keys: String, CodingKey {
            case type, object
        }

        struct Bookmark: Decodable {
            struct Metadata: Decodable {
                var resourceVersion: String
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
                event = .bookmark(resourceVersion: bookmark.metadata.resourceVersion)
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
enum JSONDocument {
    /// Decodes a document.
    ///
    /// - Throws: `APIFailure.malformed` with the place of the fault.
    static func decode<Form: Decodable>(_ form: Form.Type, from body: ByteBuffer) throws(APIFailure) -> Form {
        let decoder = JSONDecoder()
        if let key = StringTable.key { decoder.userInfo[key] = StringTable() }
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

import NIOCore
import NIOHTTP1

/// What goes back to a client.
enum Reply: Sendable {
    /// A complete reply.
    case whole(
        status: HTTPResponseStatus, headers: [(String, String)] = [], body: ByteBuffer, encoding: Encoding = .json)
    /// A watch.
    case watch(IncomingRequest, start: UInt64?, Encoding)
    /// A stream of these bytes that ends in good order, or stays open for good.
    case stream(ByteBuffer, ends: StreamEnd, encoding: Encoding = .json)
    /// Nothing; the connection stays open until the client closes it.
    case silence
    /// Nothing; the connection is closed.
    case close

    enum StreamEnd: Sendable {
        case inOrder
        case never
        case cut
    }

    /// A reply with a `Status` object.
    static func refusal(_ refusal: Refusal, _ encoding: Encoding) -> Reply {
        var headers: [(String, String)] = []
        if let seconds = refusal.retryAfter { headers.append(("Retry-After", String(seconds))) }
        return .whole(
            status: HTTPResponseStatus(statusCode: refusal.code), headers: headers, body: refusal.object(encoding),
            encoding: encoding)
    }

    /// Half of an event.
    static func halfEvent(_ encoding: Encoding) -> ByteBuffer {
        switch encoding {
        case .json: ByteBuffer(string: #"{"type":"MODIFIED","object":{"kind":"Service","metadata":{"na"#)
        case .protobuf: ByteBuffer(bytes: [0, 0, 1, 0, 0x0A, 0x08])
        }
    }
}

/// Why a request is refused: what a `Status` object says.
struct Refusal: Sendable {
    var code: Int
    var reason: String
    var message = ""
    var retryAfter: Int?

    /// The history that was asked for is gone.
    static let expired = Refusal(code: 410, reason: "Expired", message: "too old resource version")

    /// The `Status` object.
    func object(_ encoding: Encoding) -> ByteBuffer {
        switch encoding {
        case .json: ByteBuffer(string: text)
        case .protobuf: ProtobufForm.status(code, reason: reason, message: message)
        }
    }

    /// The `Status` object in an `ERROR` event of a watch.
    func event(_ encoding: Encoding) -> ByteBuffer {
        switch encoding {
        case .json: ByteBuffer(string: #"{"type":"ERROR","object":\#(text)}"# + "\n")
        case .protobuf: ProtobufForm.frame("ERROR", object(.protobuf))
        }
    }

    private var text: String {
        #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":\#(JSONText.quote(message)),"#
            + #""reason":\#(JSONText.quote(reason)),"code":\#(code)}"#
    }
}

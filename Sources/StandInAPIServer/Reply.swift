import NIOCore
import NIOHTTP1

/// What goes back to a client.
enum Reply: Sendable {
    /// A complete reply.
    case whole(status: HTTPResponseStatus, headers: [(String, String)] = [], body: ByteBuffer)
    /// A watch.
    case watch(IncomingRequest, start: UInt64?)
    /// A stream of these bytes that ends in good order, or stays open for good.
    case stream(ByteBuffer, ends: StreamEnd)
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
    static func status(
        _ code: Int, reason: String, message: String = "", retryAfter: Int? = nil
    ) -> Reply {
        var headers: [(String, String)] = []
        if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
        return .whole(
            status: HTTPResponseStatus(statusCode: code), headers: headers,
            body: ByteBuffer(string: statusText(code, reason: reason, message: message)))
    }

    static func statusText(_ code: Int, reason: String, message: String) -> String {
        #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":\#(JSONText.quote(message)),"#
            + #""reason":\#(JSONText.quote(reason)),"code":\#(code)}"#
    }

    /// The `ERROR` event of a watch whose history is gone.
    static var expiredLine: ByteBuffer {
        let status = statusText(410, reason: "Expired", message: "too old resource version")
        return ByteBuffer(string: #"{"type":"ERROR","object":\#(status)}"# + "\n")
    }

    /// Half of an event's line.
    static var halfLine: ByteBuffer {
        ByteBuffer(string: #"{"type":"MODIFIED","object":{"kind":"Service","metadata":{"na"#)
    }
}

package import NIOCore

/// What an HTTP path answers: whole, before it is sent.
package struct HTTPReply: Sendable {
    /// The status code.
    package var status: Int
    package var contentType: String
    /// The octets, which all who are sent the same reply share.
    package var body: ByteBuffer
    /// The serial number of a ``SharedPage``; nil for what is small and made for one.
    package var page: Int?

    /// A reply with any bytes.
    package init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = ByteBuffer(bytes: body)
    }

    /// A reply with a short text.
    package init(status: Int = 200, _ text: String) {
        self.init(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// The body as text.
    package var text: String { String(buffer: body) }

    /// The reply at a path where nobody answers.
    static let notFound = HTTPReply(status: 404, "404 page not found\n")
    /// The reply to anything but GET and HEAD.
    static let notAllowed = HTTPReply(status: 405, "405 method not allowed\n")
    /// The reply to what is no HTTP, or more than the limits allow.
    static let malformed = HTTPReply(status: 400, "400 bad request\n")
}

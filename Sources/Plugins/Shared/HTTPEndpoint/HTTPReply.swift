/// What an HTTP path answers: small, whole, and made at once.
package struct HTTPReply: Sendable {
    /// The status code.
    package var status: Int
    package var contentType: String
    package var body: [UInt8]

    /// A reply with any bytes.
    package init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// A reply with a short text.
    package init(status: Int = 200, _ text: String) {
        self.init(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// The reply at a path where nobody answers.
    static let notFound = HTTPReply(status: 404, "404 page not found\n")
    /// The reply to anything but GET and HEAD.
    static let notAllowed = HTTPReply(status: 405, "405 method not allowed\n")
}

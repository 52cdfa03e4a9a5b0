import DNSServer
import DNSWire

/// A whole reply as a value: for others that ask the same, or until a better one has come.
struct SharedReply: Sendable {
    /// Without an OPT record.
    private let message: [UInt8]
    /// All twelve bits.
    private let code: ResponseCode
    private let options: [UInt8]

    /// The reply that stands in `query`.
    init(_ query: Query) {
        let reply = query.reply
        reply.finish()
        message = reply.bytes.copy()
        code = query.responseCode
        options = query.replyOptions
    }

    /// Makes it the reply to `query`; false when it is none.
    func put(into query: Query) -> Bool {
        switch ReplyCheck(message.span, to: query.message, question: query.questionRange) {
        case .reply, .otherCase: break
        case .bareRefusal, .foreign: return false
        }
        do throws(WireError) {
            try query.takeReply(message.span)
        } catch {
            return false
        }
        query.setResponseCode(code)
        query.replyOptions = query.edns == nil ? [] : options
        return true
    }
}

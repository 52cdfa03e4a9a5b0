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

    /// The same without what concerns one asker alone: the cookie, and what goes with the connection (RFC 7873 §5.3: an asker
    /// throws away a reply that has another one's cookie).
    var forOthers: SharedReply { SharedReply(message, code, options: Self.common(options)) }

    private init(_ message: [UInt8], _ code: ResponseCode, options: [UInt8]) {
        (self.message, self.code, self.options) = (message, code, options)
    }

    private static func common(_ options: [UInt8]) -> [UInt8] {
        let span = options.span
        var (common, offset): ([UInt8], Int) = ([], 0)
        while offset + 4 <= span.count {
            let code = EDNSOptionCode(rawValue: span.uint16(at: offset))
            let end = min(offset + 4 + Int(span.uint16(at: offset + 2)), span.count)
            if !code.isHopByHop { common += options[offset..<end] }
            offset = end
        }
        return common
    }
}

extension Query {
    /// Forgets the EDNS options of a reply that another one takes the place of.
    func forgetReplyOptions() {
        if !replyOptions.isEmpty { replyOptions = [] }
    }
}

import DNSWire

/// What a message from an upstream is to a query that waits.
enum ReplyCheck: Equatable, Sendable {
    /// A reply to the question, as it was asked.
    case reply
    /// The same, but the letters of the name have another case.
    case otherCase
    /// A refusal without a question section, which servers send that could not read the query.
    case bareRefusal
    /// No reply to this question; the real one may still come.
    case foreign

    /// Compares `message`, whose ID is the right one, with the query that was sent.
    ///
    /// Name, type and class must be the ones that were asked. What is not a reply is not an answer
    /// of the upstream's either: giving up on it would let anyone who can make up one datagram spoil a query
    /// ("TuDoor", CVE-2024-25590 and others).
    /// - Parameter question: where the question stands in `query`, uncompressed.
    init(_ message: Span<UInt8>, to query: Span<UInt8>, question: Range<Int>) {
        guard let header = MessageHeader(decoding: message), let asked = MessageHeader(decoding: query),
            header.flags.isResponse, header.flags.opcode == asked.flags.opcode
        else {
            self = .foreign
            return
        }
        if header.questionCount == 0 {
            self = Self.isBareRefusal(header, message) ? .bareRefusal : .foreign
            return
        }
        self = header.questionCount == 1 ? Self.compare(message, query, question) : .foreign
    }

    private static func isBareRefusal(_ header: MessageHeader, _ message: Span<UInt8>) -> Bool {
        switch header.flags.responseCode {
        case 1, 2, 4, 5: header.answerCount == 0 && header.authorityCount == 0 && header.additionalCount <= 1
        default: false
        }
    }

    private static func compare(_ message: Span<UInt8>, _ query: Span<UInt8>, _ question: Range<Int>) -> ReplyCheck {
        guard question.count >= 5, message.count >= question.upperBound, query.count >= question.upperBound else {
            return .foreign
        }
        if message.matches(question, query, at: question.lowerBound) { return .reply }
        let nameEnd = question.upperBound - 4
        let isSame =
            message.matchesIgnoringCase(question.lowerBound..<nameEnd, query, at: question.lowerBound)
            && message.matches(nameEnd..<question.upperBound, query, at: nameEnd)
        return isSame ? .otherCase : .foreign
    }
}

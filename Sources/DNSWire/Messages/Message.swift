/// A whole message that owns its parts, for the places where convenience counts more than speed.
///
/// Shape: the OPT record is taken out of the additional section and stands in `edns`. Section counts follow from the
/// arrays.
package struct Message: Hashable, Sendable {
    package var id: UInt16
    /// The header's flags, with opcode and the low four bits of the response code.
    package var flags: MessageHeader.Flags
    package var questions: [Question]
    package var answers: [Record]
    package var authorities: [Record]
    package var additionals: [Record]
    package var edns: EDNS?
    /// Octets behind the last record, which were ignored.
    package var trailingLength = 0

    package init(
        id: UInt16, flags: MessageHeader.Flags = .init(rawValue: 0), questions: [Question] = [],
        answers: [Record] = [], authorities: [Record] = [], additionals: [Record] = [], edns: EDNS? = nil
    ) {
        self.id = id
        self.flags = flags
        self.questions = questions
        self.answers = answers
        self.authorities = authorities
        self.additionals = additionals
        self.edns = edns
    }

    /// A query with one question and the RD bit.
    package init(id: UInt16, asking question: Question, edns: EDNS? = nil) {
        self.init(
            id: id, flags: .init(rawValue: MessageHeader.Flags.recursionDesired), questions: [question], edns: edns)
    }

    /// The response code in all its twelve bits; what needs more than four is kept only with EDNS.
    package var responseCode: ResponseCode {
        get { ResponseCode(rawValue: UInt16(edns?.extendedCode ?? 0) << 4 | UInt16(flags.responseCode)) }
        set {
            flags.responseCode = UInt8(newValue.rawValue & 0xF)
            edns?.extendedCode = UInt8(newValue.rawValue >> 4)
        }
    }

    /// Decodes a whole message; octets behind its last record are counted in `trailingLength`.
    ///
    /// The counts in the header reserve nothing: memory is bounded by the octets that are really there.
    ///
    /// - Throws: `truncated` when the message ends early, `badEDNS` for a second or damaged OPT record or one outside
    /// the
    ///   additional section, `badRecordData` when data does not have the form of its type, and the errors of a name.
    package init(decoding message: Span<UInt8>) throws(WireError) {
        guard let header = MessageHeader(decoding: message) else { throw .truncated }
        self.init(id: header.id, flags: header.flags)
        var offset = MessageHeader.length
        for _ in 0..<header.questionCount {
            questions.append(try Question(decoding: message, at: &offset))
        }
        var walk = try RecordWalk(message)
        while let (section, view) = try walk.next() {
            try take(view, section, message)
        }
        trailingLength = message.count - walk.offset
    }

    private mutating func take(_ view: RecordView, _ section: Section, _ message: Span<UInt8>) throws(WireError) {
        if view.type == .OPT {
            guard section == .additional, edns == nil else { throw .badEDNS }
            edns = try EDNS(decoding: message, EDNSView(view, in: message))
            return
        }
        let record = try Record(decoding: message, view)
        switch section {
        case .answer: answers.append(record)
        case .authority: authorities.append(record)
        case .additional: additionals.append(record)
        }
    }
}

import DNSWire

/// What becomes of a message before any plugin sees it.
enum Admission: Equatable {
    /// It is a query: on to the server blocks.
    case admitted
    /// It gets no reply: too short to have a header, or itself a reply (else two servers could talk for ever).
    case ignored
    /// It gets a reply at once; `isBare` when neither question nor OPT record go back.
    case rejected(ResponseCode, isBare: Bool)
}

extension Query {
    /// Decodes the header, the question and the OPT record in place.
    ///
    /// The limits are CoreDNS's: opcode QUERY or NOTIFY, one question, at most one answer and one authority record (a NOTIFY or
    /// an IXFR has one), at most two additional records (OPT and TSIG). A count that promises more records than there are
    /// octets is forgiven, as there, when the message ends between two records.
    func admit() -> Admission {
        guard let header = MessageHeader(decoding: message), !header.flags.isResponse else { return .ignored }
        self.header = header
        askedFlags = header.flags
        guard header.flags.opcode == .query || header.flags.opcode == .notify else {
            return .rejected(.notImplemented, isBare: true)
        }
        guard
            header.questionCount == 1, header.answerCount <= 1, header.authorityCount <= 1,
            header.additionalCount <= 2
        else { return .rejected(.formatError, isBare: true) }
        guard length > MessageHeader.length else { return .rejected(.serverFailure, isBare: false) }
        do throws(WireError) {
            try decodeQuestion()
            try decodeRecords(
                Int(header.answerCount) + Int(header.authorityCount), additional: Int(header.additionalCount))
        } catch {
            return .rejected(.formatError, isBare: true)
        }
        if let edns, edns.version != 0 { return .rejected(.badVersion, isBare: false) }
        return .admitted
    }

    private func decodeQuestion() throws(WireError) {
        let message = self.message
        var position = MessageHeader.length
        while true {
            guard position < message.count else { throw .truncated }
            let octet = message[position]
            if octet == 0 { break }
            // A pointer could only lead into the header.
            guard octet < 64 else { throw .badLabelType }
            position &+= Int(octet) &+ 1
        }
        let end = position &+ 1
        let length = end &- MessageHeader.length
        guard length <= maximumNameLength else { throw .nameTooLong }
        guard end &+ 4 <= message.count else { throw .truncated }
        var name = nameBuffer
        name.putLowercased(message, MessageHeader.length..<end)
        nameLength = length
        type = RecordType(rawValue: message.uint16(at: end))
        recordClass = RecordClass(rawValue: message.uint16(at: end &+ 2))
        questionEnd = end &+ 4
    }

    private func decodeRecords(_ others: Int, additional: Int) throws(WireError) {
        let message = self.message
        var offset = questionEnd
        for _ in 0..<others where offset < message.count {
            offset = try RecordView(decoding: message, at: offset).end
        }
        for _ in 0..<additional where offset < message.count {
            let record = try RecordView(decoding: message, at: offset)
            if record.type == .OPT {
                guard edns == nil else { throw .badEDNS }
                let view = try EDNSView(record, in: message)
                guard view.optionsAreWhole(in: message) else { throw .badEDNS }
                edns = view
            }
            offset = record.end
        }
    }
}

package import DNSWire

extension Query {
    /// Starts the reply: the header, with what is copied from the query, and the question as it was asked.
    ///
    /// RD and CD are copied for opcode QUERY only. Records that do not fit into what the asker takes are not written, and the reply is
    /// marked as cut short. Source: RFC 1035 §4.1.1, RFC 4035 §3.2.2.
    package func beginReply(_ code: ResponseCode = .noError, authoritative: Bool = false) {
        var flags = MessageHeader.Flags(rawValue: MessageHeader.Flags.response)
        flags.opcode = header.flags.opcode
        if header.flags.opcode == .query {
            flags.recursionDesired = header.flags.recursionDesired
            flags.checkingDisabled = header.flags.checkingDisabled
        }
        flags.isAuthoritative = authoritative
        reply.begin(id: header.id, flags: flags)
        replyOrigin = .here
        reply.setLimit(writingLimit)
        setResponseCode(code)
        if questionEnd > MessageHeader.length { reply.copyQuestion(message, questionRange) }
    }

    /// Sets the reply's code, in the header and for the OPT record.
    ///
    /// Without an OPT record there is room for four bits only, and those of a longer code mean something else: its asker is told SERVFAIL
    /// (RFC 6891 §6.1.3).
    package func setResponseCode(_ code: ResponseCode) {
        responseCode = code
        reply.header.flags.responseCode = UInt8(truncatingIfNeeded: code.rawValue & 0xF)
        if code.rawValue > 0xF { shortenResponseCode() }
    }

    @inline(never)
    private func shortenResponseCode() {
        guard edns == nil else { return }
        responseCode = .serverFailure
        reply.header.flags.responseCode = UInt8(ResponseCode.serverFailure.rawValue)
    }

    /// Makes `message`, a whole reply from elsewhere, the reply to this query: the ID and the question become the query's own,
    /// its OPT record is taken out and those of its options are kept for an asker who speaks EDNS that are not between two hosts alone.
    ///
    /// It is looked at once, as a ``ReplySurvey``. What ends too early is marked as cut short, so that the asker comes back over TCP.
    /// A reply to a query with TSIG that ends with one as well stays as it is (RFC 8945 §5.5).
    /// - Parameter isDatagram: whether it can have been cut on its way; else a record without an end is damage.
    /// - Throws: what is wrong with the message; nothing is changed then.
    package func takeReply(_ message: Span<UInt8>, isDatagram: Bool = true) throws(WireError) {
        var survey = try ReplySurvey(message, recordClass: recordClass)
        guard survey.questionEnd == questionEnd else { throw .badRecordData }
        guard isDatagram || !survey.isCut else { throw .truncated }
        let isSigned = survey.signatureOffset != nil && header.additionalCount > (edns == nil ? 0 : 1)
        if !isSigned { survey.dropSignature() }
        if !replyOptions.isEmpty { replyOptions = [] }
        if isSigned || survey.endsWithOptions {
            try copyReply(message, survey, withOptions: isSigned)
        } else {
            try writeReplyAnew(message, survey)
        }
        replyOrigin = isSigned ? .signedElsewhere : .elsewhere
        reply.header.id = header.id
        if isDatagram, survey.isCut || survey.isShort { reply.header.flags.isTruncated = true }
        let upper = UInt16(survey.edns?.extendedCode ?? 0) << 4
        setResponseCode(ResponseCode(rawValue: upper | UInt16(survey.header.flags.responseCode)))
        if edns != nil, let view = survey.edns, view.optionsLength > 0 {
            replyOptions = view.passedOptions(of: message)
        }
        reply.overwrite(self.message, questionRange)
    }

    /// Copies the records that can be used, without an OPT record at their end unless said; trailing octets say nothing.
    private func copyReply(_ message: Span<UInt8>, _ survey: ReplySurvey, withOptions: Bool) throws(WireError) {
        let options = withOptions ? nil : survey.edns
        try reply.copyMessage(message.extracting(0..<(options?.recordOffset ?? survey.end)))
        reply.header = survey.header
        if options != nil { reply.header.additionalCount -= 1 }
    }

    /// Writes the records anew, without OPT records: what pointed behind one of those would point to something else.
    private func writeReplyAnew(_ message: Span<UInt8>, _ survey: ReplySurvey) throws(WireError) {
        reply.begin(id: header.id, flags: survey.header.flags)
        reply.copyQuestion(message, MessageHeader.length..<survey.questionEnd)
        var copier = RecordCopier()
        var walk = RecordWalk(message, header: survey.header, offset: survey.questionEnd)
        while let (section, record) = try walk.next() {
            guard record.type != .OPT else { continue }
            reply.section = section
            try copier.copy(record, of: message, ttl: record.ttl, to: reply)
        }
        reply.section = .additional
    }
}

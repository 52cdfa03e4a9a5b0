extension Message {
    /// The wire form, with names compressed, in at most `limit` octets.
    ///
    /// What does not fit is left out as ``encode(into:limit:)`` says.
    package func encoded(limit: Int = MessageWriter.maximumLength) -> [UInt8] {
        let writer = MessageWriter()
        encode(into: writer, limit: limit)
        return writer.bytes.copy()
    }

    /// Encodes the message into `writer`, which starts anew.
    ///
    /// When it is longer than `limit`, records are left out from the end and TC is set. The OPT record stays, without
    /// its options if need be; header, question and a bare OPT record stay even when the limit is too small for them. A
    /// transaction signature stands behind the OPT record and goes first.
    ///
    /// - Source: RFC 6891 §7, RFC 2181 §9, RFC 8945 §5.1.
    package func encode(into writer: MessageWriter, limit: Int = MessageWriter.maximumLength) {
        writer.begin(id: id, flags: flags)
        for question in questions { writer.append(question) }
        let kept = edns.map { keptEDNS($0, behind: writer.count, limit: limit) }
        let signature = additionals.last.flatMap { $0.type == .TSIG ? $0 : nil }
        for (section, records) in [
            (Section.answer, answers), (.authority, authorities),
            (.additional, additionals.dropLast(signature == nil ? 0 : 1)),
        ] {
            writer.section = section
            for record in records { record.encode(into: writer) }
        }
        writer.truncate(to: limit - (kept?.encodedLength ?? 0))
        kept?.encode(into: writer)
        if let signature, !writer.header.flags.isTruncated || flags.isTruncated {
            writer.append(signature, limit: limit)
        }
        writer.finish()
    }

    /// The EDNS content, or the same without options when they leave no room for the question.
    private func keptEDNS(_ edns: EDNS, behind start: Int, limit: Int) -> EDNS {
        guard start + edns.encodedLength > min(limit, MessageWriter.maximumLength) else { return edns }
        var bare = edns
        bare.options = []
        return bare
    }
}

extension MessageWriter {
    /// Appends the last record, unless the message would then be longer than `limit`.
    fileprivate func append(_ record: Record, limit: Int) {
        let before = (count, header)
        record.encode(into: self)
        guard count > limit else { return }
        count = before.0
        header = before.1
        header.flags.isTruncated = true
    }
}

package import DNSWire

extension Query {
    /// The header bit that must be zero (RFC 1035 §4.1.1).
    private static let reservedBit: UInt16 = 0x0040

    /// Makes the reply to a message that no server block gets to see.
    ///
    /// A bare one is the query's header turned round, without any section, as CoreDNS answers what it could not read.
    func reject(_ code: ResponseCode, isBare: Bool) {
        beginReply(code)
        if isBare {
            var flags = header.flags
            flags.isResponse = true
            flags.isAuthoritative = false
            flags.rawValue &= ~Self.reservedBit
            if code == .formatError { flags.opcode = .query }
            flags.responseCode = UInt8(truncatingIfNeeded: code.rawValue & 0xF)
            reply.begin(id: header.id, flags: flags)
        }
        hasReply = true
    }

    /// Fits the reply to the asker's limit and closes it: what goes out is `reply.bytes`.
    func sealReply() {
        if case .signedElsewhere = replyOrigin {
            guard reply.count > replyLimit else { return reply.finish() }
            reply.cut(at: questionEnd, answers: 0, authorities: 0, additionals: 0)
            reply.header.flags.isTruncated = true
        }
        guard let edns else {
            reply.truncate(to: replyLimit)
            return reply.finish()
        }
        if keepaliveTime > 0, edns.optionsLength > 0 { answerKeepalive(edns) }
        reply.truncate(to: recordLimit(replyOptionsLength))
        appendEDNS(edns)
        reply.finish()
    }

    /// Leaves out what the asker does not take, so that nobody works on it any more.
    ///
    /// - Complexity: O(1) when the reply fits, else O(octets that stay).
    package func cutReply() {
        if case .signedElsewhere = replyOrigin { return }
        reply.truncate(to: edns == nil ? replyLimit : recordLimit(replyOptionsLength))
    }

    /// How much of the reply may be written, in octets, while it is not known which options it will have.
    var writingLimit: Int { edns == nil ? replyLimit : recordLimit(0) }

    /// How much of the reply is there for the question and records, in octets: what the asker takes, without the OPT record.
    private func recordLimit(_ optionsLength: Int) -> Int {
        max(replyLimit &- 11 &- optionsLength, questionEnd)
    }

    /// Octets of the options in the reply's OPT record.
    private var replyOptionsLength: Int { responseCode == .badVersion ? 0 : replyOptions.count }

    /// The OPT record of the reply: the asker's payload size and DO, version 0 (RFC 6891 §6.1.1).
    private func appendEDNS(_ edns: EDNSView) {
        let isBadVersion = responseCode == .badVersion
        reply.setLimit(MessageWriter.maximumLength)
        reply.section = .additional
        reply.append(UInt8(0))
        reply.append(RecordType.OPT.rawValue)
        reply.append(isBadVersion ? UInt16(0) : edns.payloadSize)
        reply.append(UInt8(truncatingIfNeeded: responseCode.rawValue >> 4))
        reply.append(UInt8(0))
        let saysDNSSECOK = edns.dnssecOK || replyOrigin == .hereWithDNSSECOK
        reply.append(saysDNSSECOK && !isBadVersion ? UInt16(0x8000) : 0)
        reply.append(UInt16(truncatingIfNeeded: replyOptionsLength))
        if !isBadVersion, !replyOptions.isEmpty {
            let options = replyOptions
            reply.append(options.span)
        }
        reply.header.additionalCount &+= 1
    }

    /// Tells an asker who looks for it how long its connection may be idle, in tenths of a second (RFC 7828 §3.3.2).
    @inline(never)
    private func answerKeepalive(_ edns: EDNSView) {
        guard edns.option(.tcpKeepalive, in: message) != nil else { return }
        let time = keepaliveTime
        addReplyOption(.tcpKeepalive, [UInt8(time >> 8), UInt8(time & 0xFF)])
    }

    /// Adds an option to the reply's OPT record; does nothing for an asker without EDNS.
    package func addReplyOption(_ code: EDNSOptionCode, _ data: [UInt8]) {
        guard edns != nil else { return }
        replyOptions += EDNSOption(code, data).wire
    }

    /// Gives the reply made here these EDNS options, in wire form and in place of all others, and DO.
    ///
    /// CoreDNS's `template` does so. RFC 3225 §3 would have DO copied from the query; askers that did not set it look past it.
    package func setReplyOptions(withDNSSECOK options: [UInt8]) {
        replyOptions = options
        replyOrigin = .hereWithDNSSECOK
    }

    /// Forgets the EDNS options of a reply that another one takes the place of.
    package func forgetReplyOptions() {
        if !replyOptions.isEmpty { replyOptions = [] }
        replyOrigin = .here
    }

    /// Tells the asker more of why, if it speaks EDNS (RFC 8914 §2).
    package func addExtendedError(_ code: ExtendedErrorCode) {
        addReplyOption(.extendedError, [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)])
    }
}

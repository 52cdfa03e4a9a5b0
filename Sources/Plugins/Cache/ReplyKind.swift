import DNSWire

/// What a reply says, as far as its place in the cache goes.
enum ReplyKind: Equatable, Sendable {
    /// NOERROR with an answer, or with nothing at all.
    case answer
    /// NXDOMAIN.
    case nameError
    /// NOERROR that says, by an SOA record, that there is no such data.
    case noData
    /// SERVFAIL or NOTIMP.
    case serverError
    /// NOERROR that names the servers of a zone below.
    case referral
    /// What is never kept: other codes, transfers, notifications, NXDOMAIN with an answer, signatures out of date.
    case other

    /// Takes what a reply says from its code and its records.
    ///
    /// - Throws: what is wrong with the message.
    init(
        _ message: Span<UInt8>, _ scan: ReplyScan, code: ResponseCode, type: RecordType, recordClass: RecordClass
    ) throws(WireError) {
        let header = scan.header
        guard header.flags.opcode == .query, type != .AXFR, type != .IXFR, !scan.hasExpiredSignature else {
            self = .other
            return
        }
        guard header.answerCount == 0 else {
            let isAnswer = code == .noError
            self = isAnswer ? .answer : code == .nameError ? .other : Self.withoutAnswer(scan, code)
            if isAnswer, scan.hasSOA, try Self.isEmptyHanded(message, scan, type, recordClass) { self = .noData }
            return
        }
        self = Self.withoutAnswer(scan, code)
    }

    private static func withoutAnswer(_ scan: ReplyScan, _ code: ResponseCode) -> ReplyKind {
        switch code {
        case .noError: scan.hasSOA ? .noData : scan.hasNameServers ? .referral : .answer
        case .nameError: .nameError
        case .serverFailure, .notImplemented: .serverError
        default: .other
        }
    }

    /// Whether the answer section is a chain of aliases that does not reach the type asked for.
    static func isEmptyHanded(
        _ message: Span<UInt8>, _ scan: ReplyScan, _ type: RecordType, _ recordClass: RecordClass
    ) throws(WireError) -> Bool {
        guard scan.header.answerCount > 0, !scan.isDirect else { return false }
        return try !ReplyAliases.answersQuestion(message, type: type, recordClass: recordClass)
    }
}

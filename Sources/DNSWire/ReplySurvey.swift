/// What of a reply from elsewhere can be used, found out in one walk over its records.
///
/// Names are followed, the data of known types must have their form (``RecordCheck``), and records must have the question's class. Damage
/// to an answer or to the authority section spoils the reply; of the additional section, which says nothing that was asked for, what
/// stands before the damage is used. Counts that promise more than there is are put right.
package struct ReplySurvey {
    /// The offset behind the question.
    package let questionEnd: Int
    /// The header as it came, with the counts of the records that can be used.
    package private(set) var header: MessageHeader
    /// Where the records that can be used end.
    package private(set) var end: Int
    /// The OPT record, the first one if there are more, wherever it stands in the additional section (RFC 6891 §6.1.1).
    package private(set) var edns: EDNSView?
    /// Whether the message ends in the middle of a record.
    package private(set) var isCut = false
    /// Whether it ends between two records, and answers or authority records are missing.
    package private(set) var isShort = false
    /// Whether there are OPT records beside ``edns``.
    package private(set) var hasStrayOptions = false
    /// Where the TSIG record starts that ends the message; nil when there is none (RFC 8945 §5.1).
    package private(set) var signatureOffset: Int?

    /// Walks over `message`.
    ///
    /// - Parameter recordClass: the class that was asked for.
    /// - Throws: `truncated` without a header or a whole question, `badRecordData` without exactly one question and for a record of
    ///   another class, `badLabelType` for a compressed name in the question, and what ``RecordCheck`` finds.
    package init(_ message: Span<UInt8>, recordClass: RecordClass) throws(WireError) {
        guard let header = MessageHeader(decoding: message) else { throw .truncated }
        guard header.questionCount == 1 else { throw .badRecordData }
        questionEnd = try Self.endOfQuestion(message)
        self.header = header
        end = questionEnd
        var check = RecordCheck(message)
        self.header.answerCount = try take(header.answerCount, &check, recordClass)
        self.header.authorityCount = isWhole ? try take(header.authorityCount, &check, recordClass) : 0
        self.header.additionalCount = isWhole ? takeAdditional(header.additionalCount, &check, recordClass) : 0
    }

    /// Whether nothing that was asked for is missing so far.
    private var isWhole: Bool { !isCut && !isShort }

    /// Whether taking the end off leaves the message without an OPT record.
    package var endsWithOptions: Bool { !hasStrayOptions && (edns.map { $0.end == end } ?? true) }

    /// Leaves the TSIG record out.
    package mutating func dropSignature() {
        guard let signatureOffset else { return }
        end = signatureOffset
        header.additionalCount -= 1
        self.signatureOffset = nil
    }

    private static func endOfQuestion(_ message: Span<UInt8>) throws(WireError) -> Int {
        var position = MessageHeader.length
        while position < message.count, message[position] != 0 {
            guard message[position] < 64 else { throw .badLabelType }
            position &+= Int(message[position]) &+ 1
        }
        guard position &- MessageHeader.length < maximumNameLength else { throw .nameTooLong }
        guard position &+ 5 <= message.count else { throw .truncated }
        return position &+ 5
    }

    /// Takes in a section that says what was asked for.
    ///
    /// - Returns: how many records can be used, less than `count` only when the message ends too early.
    private mutating func take(
        _ count: UInt16, _ check: inout RecordCheck, _ recordClass: RecordClass
    ) throws(WireError) -> UInt16 {
        for taken in 0..<count {
            guard end < check.message.count else {
                isShort = true
                return taken
            }
            let record: RecordView
            do throws(WireError) {
                record = try check.record(at: end)
            } catch {
                guard error == .truncated else { throw error }
                isCut = true
                return taken
            }
            if record.type == .OPT {
                hasStrayOptions = true
            } else if !record.fits(recordClass) {
                throw .badRecordData
            }
            end = record.end
        }
        return count
    }

    /// Takes in the additional section up to the first damage.
    private mutating func takeAdditional(
        _ count: UInt16, _ check: inout RecordCheck, _ recordClass: RecordClass
    ) -> UInt16 {
        for taken in 0..<count {
            // Counts that promise more are forgiven.
            guard end < check.message.count else { return taken }
            let record: RecordView
            do throws(WireError) {
                record = try check.record(at: end)
            } catch {
                isCut = error == .truncated
                return taken
            }
            if record.type == .OPT {
                takeOptions(record, check.message)
            } else if record.type == .TSIG, taken == count - 1 {
                signatureOffset = record.nameOffset
            } else if !record.fits(recordClass) {
                return taken
            }
            end = record.end
        }
        return count
    }

    private mutating func takeOptions(_ record: RecordView, _ message: Span<UInt8>) {
        guard edns == nil, let view = try? EDNSView(record, in: message) else {
            hasStrayOptions = true
            return
        }
        edns = view
    }
}

extension RecordView {
    /// Whether the record may stand in the reply to a question of class `asked`.
    ///
    /// A question of class IN has answers of that class alone, and records about the message itself, which have ANY (RFC 8945 §4.2, RFC 2930
    /// §2). Nobody relies on answers of other classes.
    fileprivate func fits(_ asked: RecordClass) -> Bool {
        recordClass == asked || asked != .IN
            || recordClass == .ANY && (type == .TSIG || type == .TKEY || type == .SIG)
    }
}

import DNSWire
import LDNS

/// A record as a template: made once when nothing in its text depends on the query, else anew for each query.
struct RecordTemplate: Sendable {
    let section: Section
    let template: GoTemplate
    /// The record, where it is always the same.
    private let constant: LDNSRecord?

    /// Seconds; for a record that names no TTL.
    private static let defaultTTL: UInt32 = 3_600

    /// How many words and quoted texts a record that is made may have.
    ///
    /// The longest record of the longest texts has 257; libldns takes memory by the square of their number.
    private static let maximumWords = 512

    /// Reads a text.
    ///
    /// - Throws: what is not understood, also of a record without anything to fill in.
    init(_ text: String, section: Section) throws(GoTemplateError) {
        self.section = section
        template = try GoTemplate(text, fields: TemplateData.fields)
        if let text = template.constant {
            do {
                constant = try Self.record(text)
            } catch {
                throw GoTemplateError("it is no record: \(error.message)")
            }
        } else {
            constant = nil
        }
    }

    /// Why there is no record.
    enum Failure: Error {
        case template(GoTemplateError)
        case record(LDNSError)

        var reason: String {
            switch self {
            case .template(let error): error.description
            case .record(let error): error.message
            }
        }
    }

    /// The record for a query; `data` is only made when it is needed.
    ///
    /// - Throws: the template cannot be evaluated, or what comes out is no record.
    func record(_ data: () -> TemplateData) throws(Failure) -> LDNSRecord {
        if let constant { return constant }
        let text: String
        do {
            let data = data()
            text = try template.text(with: data)
            try data.work.spend(text.utf8.count)
            try Self.checkWords(text)
        } catch {
            throw .template(error)
        }
        do {
            return try Self.record(text)
        } catch {
            throw .record(error)
        }
    }

    /// Counts blanks that end a word, and quotes that open one.
    ///
    /// - Throws: there are too many words.
    private static func checkWords(_ text: String) throws(GoTemplateError) {
        var words = 0
        var (isQuoted, isEscaped, isInWord) = (false, false, false)
        for octet in text.utf8 {
            let isBlank = octet == 0x20 || (0x09...0x0D).contains(octet)
            if octet == UInt8(ascii: "\""), !isEscaped {
                isQuoted.toggle()
                if isQuoted { words += 1 }
                isInWord = true
            } else if !isQuoted {
                if !isBlank, !isInWord { words += 1 }
                isInWord = !isBlank
            }
            isEscaped = octet == UInt8(ascii: "\\") && !isEscaped
        }
        guard words <= maximumWords else { throw GoTemplateError("the record has more than \(maximumWords) words") }
    }

    private static func record(_ text: String) throws(LDNSError) -> LDNSRecord {
        try LDNS.record(fromText: text, origin: ".", defaultTTL: defaultTTL, takesFirst: true)
    }
}

extension MessageWriter {
    /// Appends `record` with its names as they are written, in the current section; one that does not fit is left out and the
    /// message marked as truncated.
    ///
    /// An owner that is the question, octet for octet, becomes a pointer.
    /// - Parameter question: the question's name as it stands in the message.
    func append(_ record: LDNSRecord, question: Span<UInt8>) {
        let (type, recordClass) = (RecordType(rawValue: record.type), RecordClass(rawValue: record.class))
        let open =
            question.isSame(as: record.owner.span)
            ? beginRecord(ownerAt: MessageHeader.length, type: type, recordClass: recordClass, ttl: record.ttl)
            : beginRecord(writing: record.owner.span, type: type, recordClass: recordClass, ttl: record.ttl)
        append(record.rdata.span)
        endRecord(open)
    }
}

extension Span<UInt8> {
    /// Whether both have the same octets.
    fileprivate func isSame(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }
}

/// A question that owns its name.
///
/// Shape: name, type (2), class (2). Source: RFC 1035 §4.1.2.
package struct Question: Hashable, Sendable {
    package var name: Name
    package var type: RecordType
    package var recordClass: RecordClass

    package init(_ name: Name, _ type: RecordType, recordClass: RecordClass = .IN) {
        self.name = name
        self.type = type
        self.recordClass = recordClass
    }

    /// Decodes the question at `offset` of `message` and moves `offset` behind it.
    ///
    /// - Throws: `truncated` and the errors of a name.
    package init(decoding message: Span<UInt8>, at offset: inout Int) throws(WireError) {
        name = try Name(decoding: message, at: offset)
        let fixed = try skipName(in: message, at: offset)
        guard fixed + 4 <= message.count else { throw .truncated }
        type = RecordType(rawValue: message.uint16(at: fixed))
        recordClass = RecordClass(rawValue: message.uint16(at: fixed + 2))
        offset = fixed + 4
    }

    /// The presentation form: name, class and type.
    package var text: String { "\(name) \(recordClass) \(type)" }
}

extension MessageWriter {
    /// Appends a question and counts it; one that does not fit is taken back and the message marked as truncated.
    ///
    /// All questions come before the first record.
    package func append(_ question: Question) {
        let start = count
        append(question.name, compressing: true)
        append(question.type.rawValue)
        append(question.recordClass.rawValue)
        if hasOverflowed {
            rollBack(to: start)
        } else {
            header.questionCount &+= 1
        }
    }
}

extension Question: CustomStringConvertible {
    package var description: String { text }
}

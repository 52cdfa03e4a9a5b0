/// The data of a CAA record.
///
///     +0-1-2-3-4-5-6-7-|0-1-2-3-4-5-6-7-|
///     | Flags          | Tag Length = n |
///     | Tag (n)                         |
///     | Value (the rest)                |
///
/// Source: RFC 8659 §4.1.
package struct CAAData: RecordDataForm {
    package var flags: UInt8
    /// Letters and digits, at least one.
    package var tag: [UInt8]
    package var value: [UInt8]

    package init(flags: UInt8, tag: String, value: String) {
        self.flags = flags
        self.tag = Array(tag.utf8)
        self.value = Array(value.utf8)
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        flags = try reader.uint8()
        tag = try reader.characterString()
        guard !tag.isEmpty else { throw .badRecordData }
        value = try reader.rest()
    }

    func encode(into writer: MessageWriter) {
        writer.append(flags)
        writer.append(characterString: tag)
        writer.append(value.span)
    }

    var text: String {
        "\(flags) \(PresentationText.escaped(tag)) \(PresentationText.quoted(value))"
    }
}

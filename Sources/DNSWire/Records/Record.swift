/// A record that owns its parts.
///
/// Units: TTL in seconds.
package struct Record: Hashable, Sendable {
    package var owner: Name
    package var type: RecordType
    package var recordClass: RecordClass
    package var ttl: UInt32
    package var data: RecordData

    package init(_ owner: Name, _ type: RecordType, recordClass: RecordClass = .IN, ttl: UInt32, _ data: RecordData) {
        self.owner = owner
        self.type = type
        self.recordClass = recordClass
        self.ttl = ttl
        self.data = data
    }

    /// Decodes the record that `view` has found in `message`.
    ///
    /// - Throws: `badRecordData` when the data does not have the form of its type, and the errors of a name.
    package init(decoding message: Span<UInt8>, _ view: RecordView) throws(WireError) {
        self.init(
            try Name(decoding: message, at: view.nameOffset), view.type, recordClass: view.recordClass, ttl: view.ttl,
            try RecordData(
                decoding: message, type: view.type, recordClass: view.recordClass, at: view.dataOffset,
                length: view.dataLength))
    }

    /// Appends the record to the section that the writer is in; one that does not fit is left out, as always.
    package func encode(into writer: MessageWriter) {
        let open = writer.beginRecord(owner: owner.wire.span, type: type, recordClass: recordClass, ttl: ttl)
        data.encode(into: writer)
        writer.endRecord(open)
    }

    /// The presentation form on one line: owner, TTL, class, type and data.
    package var text: String {
        "\(owner.text) \(ttl) \(recordClass) \(type) \(data.text)"
    }
}

extension Record: CustomStringConvertible {
    package var description: String { text }
}

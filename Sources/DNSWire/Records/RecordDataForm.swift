/// The data of one family of record types: how it is encoded and printed.
///
/// Each also has an initialiser from a ``DataReader``, which decodes all fields; the caller checks that nothing is
/// left.
protocol RecordDataForm: Hashable, Sendable {
    /// Appends the wire form.
    func encode(into writer: MessageWriter)

    /// The presentation form, without owner, TTL, class and type.
    var text: String { get }
}

extension MessageWriter {
    /// Appends one octet of length and the octets, of which there are at most 255 (RFC 1035 §3.3).
    func append(characterString octets: [UInt8]) {
        let part = octets.span.extracting(first: 255)
        append(UInt8(part.count))
        append(part)
    }

    func append(_ name: Name, compressing: Bool) {
        append(name: name.wire.span, compressing: compressing)
    }
}

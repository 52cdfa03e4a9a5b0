/// The data of an MX record.
///
///     PREFERENCE (2)
///     EXCHANGE   name of the mail server
///
/// Source: RFC 1035 §3.3.9.
package struct MXData: RecordDataForm {
    /// Lower is preferred.
    package var preference: UInt16
    package var exchange: Name

    package init(preference: UInt16, exchange: Name) {
        self.preference = preference
        self.exchange = exchange
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        preference = try reader.uint16()
        exchange = try reader.name()
    }

    func encode(into writer: MessageWriter) {
        writer.append(preference)
        writer.append(exchange, compressing: true)
    }

    var text: String { "\(preference) \(exchange)" }
}

/// The data of a DNSKEY, CDNSKEY or KEY record.
///
///                          1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2 2 2 2 3 3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     |              Flags            |    Protocol   |   Algorithm   |
///     /                            Public Key                         /
///
/// Source: RFC 4034 §2.1, RFC 7344 §3.2.
package struct DNSKEYData: RecordDataForm {
    package var flags: UInt16
    /// Always 3.
    package var `protocol`: UInt8
    package var algorithm: UInt8
    package var publicKey: [UInt8]

    package init(flags: UInt16, protocol: UInt8 = 3, algorithm: UInt8, publicKey: [UInt8]) {
        self.flags = flags
        self.protocol = `protocol`
        self.algorithm = algorithm
        self.publicKey = publicKey
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        flags = try reader.uint16()
        `protocol` = try reader.uint8()
        algorithm = try reader.uint8()
        publicKey = try reader.rest()
    }

    func encode(into writer: MessageWriter) {
        writer.append(flags)
        writer.append(`protocol`)
        writer.append(algorithm)
        writer.append(publicKey.span)
    }

    var text: String { "\(flags) \(`protocol`) \(algorithm) \(PresentationText.base64(publicKey))" }
}

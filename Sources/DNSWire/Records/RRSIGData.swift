/// The data of an RRSIG or SIG record.
///
///                          1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2 2 2 2 3 3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     |        Type Covered           |  Algorithm    |     Labels    |
///     |                         Original TTL                          |
///     |                      Signature Expiration                     |
///     |                      Signature Inception                      |
///     |            Key Tag            |                               |
///     +- - - - - - - - - - - - - - - -+         Signer's Name         /
///     /                            Signature                          /
///
/// Units: times in seconds since 1970, modulo 2³². Source: RFC 4034 §3.1, RFC 2931 §2.
package struct RRSIGData: RecordDataForm {
    package var typeCovered: RecordType
    package var algorithm: UInt8
    package var labels: UInt8
    package var originalTTL: UInt32
    package var expiration: UInt32
    package var inception: UInt32
    package var keyTag: UInt16
    package var signer: Name
    package var signature: [UInt8]

    package init(
        typeCovered: RecordType, algorithm: UInt8, labels: UInt8, originalTTL: UInt32, expiration: UInt32,
        inception: UInt32, keyTag: UInt16, signer: Name, signature: [UInt8]
    ) {
        self.typeCovered = typeCovered
        self.algorithm = algorithm
        self.labels = labels
        self.originalTTL = originalTTL
        self.expiration = expiration
        self.inception = inception
        self.keyTag = keyTag
        self.signer = signer
        self.signature = signature
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        typeCovered = RecordType(rawValue: try reader.uint16())
        algorithm = try reader.uint8()
        labels = try reader.uint8()
        originalTTL = try reader.uint32()
        expiration = try reader.uint32()
        inception = try reader.uint32()
        keyTag = try reader.uint16()
        signer = try reader.name()
        signature = try reader.rest()
    }

    func encode(into writer: MessageWriter) {
        writer.append(typeCovered.rawValue)
        writer.append(algorithm)
        writer.append(labels)
        for number in [originalTTL, expiration, inception] { writer.append(number) }
        writer.append(keyTag)
        writer.append(signer, compressing: false)
        writer.append(signature.span)
    }

    var text: String {
        let times = PresentationText.time(expiration) + " " + PresentationText.time(inception)
        return "\(typeCovered) \(algorithm) \(labels) \(originalTTL) \(times) \(keyTag) \(signer) "
            + PresentationText.base64(signature)
    }
}

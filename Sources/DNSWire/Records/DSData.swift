/// The data of a DS or CDS record.
///
///                          1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2 2 2 2 3 3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     |           Key Tag             |  Algorithm    |  Digest Type  |
///     /                            Digest                             /
///
/// Source: RFC 4034 §5.1, RFC 7344 §3.1.
package struct DSData: RecordDataForm {
    package var keyTag: UInt16
    package var algorithm: UInt8
    package var digestType: UInt8
    package var digest: [UInt8]

    package init(keyTag: UInt16, algorithm: UInt8, digestType: UInt8, digest: [UInt8]) {
        self.keyTag = keyTag
        self.algorithm = algorithm
        self.digestType = digestType
        self.digest = digest
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        keyTag = try reader.uint16()
        algorithm = try reader.uint8()
        digestType = try reader.uint8()
        digest = try reader.rest()
    }

    func encode(into writer: MessageWriter) {
        writer.append(keyTag)
        writer.append(algorithm)
        writer.append(digestType)
        writer.append(digest.span)
    }

    var text: String { "\(keyTag) \(algorithm) \(digestType) \(PresentationText.hexadecimal(digest))" }
}

/// The data of a TXT record, and of SPF and HINFO, which have the same form.
///
///     length (1), octets     repeated, at least once
///
/// Source: RFC 1035 §3.3.14 and §3.3.2, RFC 7208 §3.1.
package struct TXTData: RecordDataForm {
    /// The strings, each of at most 255 octets; what is longer is cut off in wire form.
    package var strings: [[UInt8]]

    package init(strings: [[UInt8]]) {
        self.strings = strings
    }

    /// Takes a text, in pieces of 255 octets.
    package init(splitting text: String) {
        let octets = Array(text.utf8)
        strings = stride(from: 0, to: max(octets.count, 1), by: 255).map {
            Array(octets[$0..<min($0 + 255, octets.count)])
        }
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        strings = []
        repeat {
            strings.append(try reader.characterString())
        } while reader.remaining > 0
    }

    func encode(into writer: MessageWriter) {
        for string in strings { writer.append(characterString: string) }
    }

    var text: String {
        strings.map { PresentationText.quoted($0) }.joined(separator: " ")
    }
}

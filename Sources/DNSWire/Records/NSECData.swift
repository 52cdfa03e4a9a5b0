/// The data of an NSEC record.
///
///     Next Domain Name   name, never compressed
///     Type Bit Maps      window (1), length 1 to 32 (1), bitmap; repeated
///
/// Source: RFC 4034 §4.1.
package struct NSECData: RecordDataForm {
    package var next: Name
    /// The types that the owner has, in ascending order.
    package private(set) var types: [RecordType]

    package init(next: Name, types: some Sequence<RecordType>) {
        self.next = next
        self.types = Set(types).sorted { $0.rawValue < $1.rawValue }
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        next = try reader.name()
        types = []
        var lastWindow = -1
        while reader.remaining > 0 {
            let window = Int(try reader.uint8())
            let length = Int(try reader.uint8())
            guard window > lastWindow, (1...32).contains(length) else { throw .badRecordData }
            lastWindow = window
            for octet in 0..<length {
                let bits = try reader.uint8()
                for bit in 0..<8 where bits & 0x80 >> UInt8(bit) != 0 {
                    types.append(RecordType(rawValue: UInt16(window << 8 | octet << 3 | bit)))
                }
            }
        }
    }

    func encode(into writer: MessageWriter) {
        writer.append(next, compressing: false)
        var rest = types[...]
        while let first = rest.first {
            let window = first.rawValue >> 8
            let part = rest.prefix { $0.rawValue >> 8 == window }
            var bitmap = InlineArray<32, UInt8>(repeating: 0)
            var length = 0
            for type in part {
                let place = Int(type.rawValue & 0xFF)
                bitmap[place >> 3] |= 0x80 >> UInt8(place & 7)
                length = place >> 3 + 1
            }
            writer.append(UInt8(window))
            writer.append(UInt8(length))
            writer.append(bitmap.span.extracting(first: length))
            rest = rest.dropFirst(part.count)
        }
    }

    var text: String {
        ([next.text] + types.map(\.description)).joined(separator: " ")
    }
}

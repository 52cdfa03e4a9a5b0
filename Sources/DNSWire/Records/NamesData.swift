/// The data of the rarely seen types that are an optional number and one or two names.
///
///     PREFERENCE or SUBTYPE (2)  in AFSDB, RT, KX and PX
///     name
///     second name                in MINFO, RP and PX
///
/// Old servers compress these names, so they are decompressed; they are never compressed again (RFC 3597 §4).
/// Source: RFC 1035 §3.3, RFC 1183 §1 to §3.3, RFC 2163 §4, RFC 2230 §3.1.
package struct NamesData: RecordDataForm {
    /// The number in front, of the types that have one.
    package var preference: UInt16?
    package var names: [Name]

    package init(preference: UInt16? = nil, names: [Name]) {
        self.preference = preference
        self.names = names
    }

    /// Decodes the form of `type`, or gives nil for a type that is not of this family.
    init?(decoding reader: inout DataReader, type: RecordType) throws(WireError) {
        switch type {
        case .MB, .MD, .MF, .MG, .MR:
            self.init(names: [try reader.name()])
        case .MINFO, .RP:
            self.init(names: [try reader.name(), try reader.name()])
        case .AFSDB, .RT, .KX:
            self.init(preference: try reader.uint16(), names: [try reader.name()])
        case .PX:
            self.init(preference: try reader.uint16(), names: [try reader.name(), try reader.name()])
        default:
            return nil
        }
    }

    func encode(into writer: MessageWriter) {
        if let preference { writer.append(preference) }
        for name in names { writer.append(name, compressing: false) }
    }

    var text: String {
        ((preference.map { ["\($0)"] } ?? []) + names.map(\.text)).joined(separator: " ")
    }
}

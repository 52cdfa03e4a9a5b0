/// The data of a NAPTR record.
///
///     ORDER (2)  PREFERENCE (2)
///     FLAGS  SERVICES  REGEXP   each one octet of length and octets
///     REPLACEMENT               name, never compressed
///
/// Source: RFC 3403 §4.1.
package struct NAPTRData: RecordDataForm {
    package var order: UInt16
    package var preference: UInt16
    package var flags: [UInt8]
    package var services: [UInt8]
    package var regexp: [UInt8]
    package var replacement: Name

    package init(
        order: UInt16, preference: UInt16, flags: String, services: String, regexp: String, replacement: Name
    ) {
        self.order = order
        self.preference = preference
        self.flags = Array(flags.utf8)
        self.services = Array(services.utf8)
        self.regexp = Array(regexp.utf8)
        self.replacement = replacement
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        order = try reader.uint16()
        preference = try reader.uint16()
        flags = try reader.characterString()
        services = try reader.characterString()
        regexp = try reader.characterString()
        replacement = try reader.name()
    }

    func encode(into writer: MessageWriter) {
        writer.append(order)
        writer.append(preference)
        for string in [flags, services, regexp] { writer.append(characterString: string) }
        writer.append(replacement, compressing: false)
    }

    var text: String {
        let strings = [flags, services, regexp].map { PresentationText.quoted($0) }.joined(separator: " ")
        return "\(order) \(preference) \(strings) \(replacement)"
    }
}

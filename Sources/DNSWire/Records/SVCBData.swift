/// The data of an SVCB or HTTPS record.
///
///     SvcPriority (2)  0 makes it an alias
///     TargetName       name, never compressed
///     SvcParams        key (2), length (2), value; repeated, keys strictly ascending
///
/// Source: RFC 9460 §2.2.
package struct SVCBData: RecordDataForm {
    package var priority: UInt16
    package var target: Name
    /// In ascending order of their keys, none twice; values as they stand in the message.
    package var parameters: [SVCBParameter]

    package init(priority: UInt16, target: Name, parameters: [SVCBParameter] = []) {
        self.priority = priority
        self.target = target
        self.parameters = parameters.sorted { $0.key < $1.key }
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        priority = try reader.uint16()
        target = try reader.name()
        parameters = []
        while reader.remaining > 0 {
            let key = try reader.uint16()
            if let last = parameters.last, key <= last.key { throw .badRecordData }
            let length = Int(try reader.uint16())
            parameters.append(SVCBParameter(key: key, value: try reader.octets(length)))
        }
    }

    func encode(into writer: MessageWriter) {
        writer.append(priority)
        writer.append(target, compressing: false)
        for parameter in parameters {
            let value = parameter.value.span.extracting(first: 0xFFFF)
            writer.append(parameter.key)
            writer.append(UInt16(value.count))
            writer.append(value)
        }
    }

    var text: String {
        (["\(priority) \(target)"] + parameters.map(\.text)).joined(separator: " ")
    }
}

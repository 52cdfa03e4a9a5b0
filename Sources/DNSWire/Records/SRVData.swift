/// The data of an SRV record.
///
///     PRIORITY (2)  WEIGHT (2)  PORT (2)
///     TARGET        name, never compressed
///
/// Source: RFC 2782.
package struct SRVData: RecordDataForm {
    /// Lower is tried first.
    package var priority: UInt16
    /// The share of equals in priority.
    package var weight: UInt16
    package var port: UInt16
    package var target: Name

    package init(priority: UInt16, weight: UInt16, port: UInt16, target: Name) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        priority = try reader.uint16()
        weight = try reader.uint16()
        port = try reader.uint16()
        target = try reader.name()
    }

    func encode(into writer: MessageWriter) {
        writer.append(priority)
        writer.append(weight)
        writer.append(port)
        writer.append(target, compressing: false)
    }

    var text: String { "\(priority) \(weight) \(port) \(target)" }
}

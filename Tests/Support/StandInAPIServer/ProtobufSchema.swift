import Foundation
import NIOCore

/// Which fields the messages of Kubernetes have, by their names in JSON, so that any object can be written as protobuf.
///
/// Written apart from the client's messages, and with fields that the client does not know. What is not here either is written as a
/// field of a high number, as a field of a later version would be.
struct ProtobufSchema: Sendable {
    indirect enum Kind: Sendable {
        case string
        case number
        case flag
        case time
        case map
        case intOrString
        /// JSON text within a message of one field; the value is an object, or the text itself where that is quicker.
        case fields
        case message(ProtobufSchema)
    }

    struct Field: Sendable {
        var number: Int
        var kind: Kind

        init(_ number: Int, _ kind: Kind = .string) {
            self.number = number
            self.kind = kind
        }
    }

    private let fields: [String: Field]

    init(_ fields: [String: Field]) {
        self.fields = fields
    }

    /// What fields of a later version are written as.
    private static let unknown = 1000

    /// Writes an object as a message.
    func write(_ object: [String: Any]) -> ByteBuffer {
        let known = object.compactMap { name, value in fields[name].map { ($0, value) } }
        var writer = ProtobufWriter()
        for (field, value) in known.sorted(by: { $0.0.number < $1.0.number }) { Self.write(field, value, &writer) }
        guard known.count < object.count else { return writer.bytes }
        for (name, value) in object.sorted(by: { $0.key < $1.key }) where fields[name] == nil {
            guard let text = try? JSONText.write([name: value]) else { continue }
            writer.buffer(Self.unknown, text)
        }
        return writer.bytes
    }

    private static func write(_ field: Field, _ value: Any, _ writer: inout ProtobufWriter) {
        // Several values are the field several times.
        if let values = value as? [Any] {
            for value in values { write(field, value, &writer) }
            return
        }
        switch field.kind {
        case .string: if let text = value as? String { writer.string(field.number, text) }
        case .number: if let number = integer(value) { writer.varint(field.number, UInt64(bitPattern: number)) }
        case .flag: if let flag = value as? Bool { writer.varint(field.number, flag ? 1 : 0) }
        case .time: if let text = value as? String { writer.buffer(field.number, time(text)) }
        case .map: write(field.number, value as? [String: String] ?? [:], &writer)
        case .intOrString: writer.buffer(field.number, intOrString(value))
        case .fields:
            guard let text = fieldsText(value) else { return }
            writer.message(field.number) { $0.buffer(1, text) }
        case .message(let schema):
            if let object = value as? [String: Any] { writer.buffer(field.number, schema.write(object)) }
        }
    }

    private static func fieldsText(_ value: Any) -> ByteBuffer? {
        if let text = value as? String { return ByteBuffer(string: text) }
        return (value as? [String: Any]).flatMap { try? JSONText.write($0) }
    }

    private static func integer(_ value: Any) -> Int64? {
        (value as? Int).map(Int64.init) ?? (value as? NSNumber)?.int64Value
    }

    private static func write(_ number: Int, _ map: [String: String], _ writer: inout ProtobufWriter) {
        for (name, value) in map.sorted(by: { $0.key < $1.key }) {
            writer.message(number) { entry in
                entry.string(1, name)
                entry.string(2, value)
            }
        }
    }

    private static func time(_ text: String) -> ByteBuffer {
        var writer = ProtobufWriter()
        let date = try? Date(text, strategy: .iso8601)
        writer.varint(1, UInt64(max(0, date?.timeIntervalSince1970 ?? 0)))
        writer.varint(2, 0)
        return writer.bytes
    }

    private static func intOrString(_ value: Any) -> ByteBuffer {
        var writer = ProtobufWriter()
        let text = value as? String
        writer.varint(1, text == nil ? 0 : 1)
        writer.varint(2, UInt64(bitPattern: text == nil ? integer(value) ?? 0 : 0))
        writer.string(3, text ?? "")
        return writer.bytes
    }
}

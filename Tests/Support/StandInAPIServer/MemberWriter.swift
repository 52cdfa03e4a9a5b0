import NIOCore

/// Writes members that were given as Swift values as JSON, many times as fast as Foundation does.
///
/// A made-up cluster tells thousands of changes a second, beside the server that is measured.
struct MemberWriter {
    private(set) var bytes = ByteBuffer()

    /// - Throws: `malformedObject` for values that are none of ``StandInAPIServer/put(_:in:)``.
    init(_ members: [String: any Sendable]) throws(StandInError) {
        try write(members)
    }

    private mutating func write(_ members: [String: any Sendable]) throws(StandInError) {
        bytes.writeStaticString("{")
        for (index, name) in members.keys.sorted().enumerated() {
            guard let value = members[name] else { continue }
            if index > 0 { bytes.writeStaticString(",") }
            write(name)
            bytes.writeStaticString(":")
            try write(value: value)
        }
        bytes.writeStaticString("}")
    }

    private mutating func write(value: any Sendable) throws(StandInError) {
        switch value {
        case let text as String: write(text)
        case let members as [String: any Sendable]: try write(members)
        case let elements as [any Sendable]: try write(elements)
        case let number as Int: bytes.writeString(String(number))
        case let isSo as Bool: bytes.writeString(isSo ? "true" : "false")
        default: throw .malformedObject
        }
    }

    private mutating func write(_ elements: [any Sendable]) throws(StandInError) {
        bytes.writeStaticString("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.writeStaticString(",") }
            try write(value: element)
        }
        bytes.writeStaticString("]")
    }

    private mutating func write(_ text: String) {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
            bytes.writeStaticString("\"")
            bytes.writeString(text)
            bytes.writeStaticString("\"")
            return
        }
        bytes.writeString(JSONText.quote(text))
    }
}

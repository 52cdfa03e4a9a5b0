import Foundation
import NIOCore

/// JSON text in and out.
enum JSONText {
    static func write(_ object: [String: Any]) throws(StandInError) -> ByteBuffer {
        do {
            let data = try JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
            return ByteBuffer(bytes: data)
        } catch {
            throw .malformedObject
        }
    }

    static func read(_ bytes: some Sequence<UInt8>) throws(StandInError) -> [String: Any] {
        do {
            guard let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
                throw StandInError.malformedObject
            }
            return object
        } catch {
            throw .malformedObject
        }
    }

    /// A text as a JSON string, with its quotes.
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..<" ": quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

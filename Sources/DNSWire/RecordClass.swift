/// A record class or query class.
///
/// Source: RFC 1035 §3.2.4, RFC 2136 §2.4.
@usableFromInline
package struct RecordClass: RawRepresentable, Hashable, Sendable {
    @usableFromInline
    package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    @inlinable package static var IN: RecordClass { RecordClass(rawValue: 1) }
    @inlinable package static var CH: RecordClass { RecordClass(rawValue: 3) }
    @inlinable package static var HS: RecordClass { RecordClass(rawValue: 4) }
    @inlinable package static var NONE: RecordClass { RecordClass(rawValue: 254) }
    @inlinable package static var ANY: RecordClass { RecordClass(rawValue: 255) }

    /// Whether records of class IN answer a question of this class: IN, or any.
    @inlinable package var takesInternet: Bool { rawValue == 1 || rawValue == 255 }
}

extension RecordClass: CustomStringConvertible {
    /// The mnemonic, or `CLASS` and the number (RFC 3597 §5).
    @usableFromInline
    package var description: String {
        switch rawValue {
        case 1: "IN"
        case 3: "CH"
        case 4: "HS"
        case 254: "NONE"
        case 255: "ANY"
        default: "CLASS\(rawValue)"
        }
    }

    /// Parses a mnemonic in any case, or the `CLASS123` form.
    package init?(parsing text: String) {
        let upper = text.uppercased()
        let known: [RecordClass] = [.IN, .CH, .HS, .NONE, .ANY]
        if let match = known.first(where: { $0.description == upper }) {
            self = match
        } else if upper.hasPrefix("CLASS"), let value = UInt16(upper.dropFirst(5)) {
            self.init(rawValue: value)
        } else {
            return nil
        }
    }
}

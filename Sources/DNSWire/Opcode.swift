/// The kind of a query, four bits of the header.
///
/// Source: RFC 1035 §4.1.1, RFC 1996 §3, RFC 2136 §1.3.
@usableFromInline
package struct Opcode: RawRepresentable, Hashable, Sendable {
    @usableFromInline
    package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) {
        self.rawValue = rawValue & 0xF
    }

    @inlinable package static var query: Opcode { Opcode(rawValue: 0) }
    @inlinable package static var inverseQuery: Opcode { Opcode(rawValue: 1) }
    @inlinable package static var status: Opcode { Opcode(rawValue: 2) }
    @inlinable package static var notify: Opcode { Opcode(rawValue: 4) }
    @inlinable package static var update: Opcode { Opcode(rawValue: 5) }
}

extension Opcode: CustomStringConvertible {
    /// The mnemonic, or `OPCODE` and the number.
    @usableFromInline
    package var description: String {
        switch rawValue {
        case 0: "QUERY"
        case 1: "IQUERY"
        case 2: "STATUS"
        case 4: "NOTIFY"
        case 5: "UPDATE"
        default: "OPCODE\(rawValue)"
        }
    }
}

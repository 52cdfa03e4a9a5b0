/// Why a reply is not what it could be, for askers that speak EDNS.
///
/// Source: RFC 8914 §4, the IANA registry of extended DNS error codes.
package struct ExtendedErrorCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static var staleAnswer: ExtendedErrorCode { ExtendedErrorCode(rawValue: 3) }
    /// An operator's list has the name or the asker.
    package static var blocked: ExtendedErrorCode { ExtendedErrorCode(rawValue: 15) }
    /// The asker's own list has it.
    package static var filtered: ExtendedErrorCode { ExtendedErrorCode(rawValue: 17) }
    package static var staleNameError: ExtendedErrorCode { ExtendedErrorCode(rawValue: 19) }
    package static var notSupported: ExtendedErrorCode { ExtendedErrorCode(rawValue: 21) }
    /// Nobody who could answer said anything.
    package static var noReachableAuthority: ExtendedErrorCode { ExtendedErrorCode(rawValue: 22) }
    /// What could have answered refused, or said something that cannot be read.
    package static var networkError: ExtendedErrorCode { ExtendedErrorCode(rawValue: 23) }
}

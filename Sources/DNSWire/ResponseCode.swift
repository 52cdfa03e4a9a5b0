/// The outcome of a query: four bits of the header, extended to twelve by EDNS.
///
/// Source: RFC 1035 §4.1.1, RFC 6895 §2.3.
@usableFromInline
package struct ResponseCode: RawRepresentable, Hashable, Sendable {
    @usableFromInline
    package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue & 0xFFF
    }

    /// NOERROR.
    @inlinable package static var noError: ResponseCode { ResponseCode(rawValue: 0) }
    /// FORMERR.
    @inlinable package static var formatError: ResponseCode { ResponseCode(rawValue: 1) }
    /// SERVFAIL.
    @inlinable package static var serverFailure: ResponseCode { ResponseCode(rawValue: 2) }
    /// NXDOMAIN.
    @inlinable package static var nameError: ResponseCode { ResponseCode(rawValue: 3) }
    /// NOTIMP.
    @inlinable package static var notImplemented: ResponseCode { ResponseCode(rawValue: 4) }
    /// REFUSED.
    @inlinable package static var refused: ResponseCode { ResponseCode(rawValue: 5) }
    /// YXDOMAIN.
    @inlinable package static var yxDomain: ResponseCode { ResponseCode(rawValue: 6) }
    /// YXRRSET.
    @inlinable package static var yxRRSet: ResponseCode { ResponseCode(rawValue: 7) }
    /// NXRRSET.
    @inlinable package static var nxRRSet: ResponseCode { ResponseCode(rawValue: 8) }
    /// NOTAUTH.
    @inlinable package static var notAuth: ResponseCode { ResponseCode(rawValue: 9) }
    /// NOTZONE.
    @inlinable package static var notZone: ResponseCode { ResponseCode(rawValue: 10) }
    /// BADVERS.
    @inlinable package static var badVersion: ResponseCode { ResponseCode(rawValue: 16) }
    /// BADKEY.
    @inlinable package static var badKey: ResponseCode { ResponseCode(rawValue: 17) }
    /// BADTIME.
    @inlinable package static var badTime: ResponseCode { ResponseCode(rawValue: 18) }
    /// BADMODE.
    @inlinable package static var badMode: ResponseCode { ResponseCode(rawValue: 19) }
    /// BADNAME.
    @inlinable package static var badName: ResponseCode { ResponseCode(rawValue: 20) }
    /// BADALG.
    @inlinable package static var badAlgorithm: ResponseCode { ResponseCode(rawValue: 21) }
    /// BADTRUNC.
    @inlinable package static var badTruncation: ResponseCode { ResponseCode(rawValue: 22) }
    /// BADCOOKIE.
    @inlinable package static var badCookie: ResponseCode { ResponseCode(rawValue: 23) }
}

extension ResponseCode: CustomStringConvertible {
    /// The mnemonic as `dig` prints it, or the plain number of an unassigned code.
    @usableFromInline
    package var description: String {
        Self.mnemonics[rawValue] ?? "\(rawValue)"
    }

    /// Parses a mnemonic in any case.
    package init?(parsing text: String) {
        let upper = text.uppercased()
        guard let entry = Self.mnemonics.first(where: { $0.value == upper }) else { return nil }
        self.init(rawValue: entry.key)
    }

    private static let mnemonics: [UInt16: String] = [
        0: "NOERROR",
        1: "FORMERR",
        2: "SERVFAIL",
        3: "NXDOMAIN",
        4: "NOTIMP",
        5: "REFUSED",
        6: "YXDOMAIN",
        7: "YXRRSET",
        8: "NXRRSET",
        9: "NOTAUTH",
        10: "NOTZONE",
        16: "BADVERS",
        17: "BADKEY",
        18: "BADTIME",
        19: "BADMODE",
        20: "BADNAME",
        21: "BADALG",
        22: "BADTRUNC",
        23: "BADCOOKIE",
    ]
}

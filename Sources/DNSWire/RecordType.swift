/// A record type or query type.
///
/// Source: RFC 1035 §3.2.2 and the IANA registry of DNS parameters.
@usableFromInline
package struct RecordType: RawRepresentable, Hashable, Sendable {
    @usableFromInline
    package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    @inlinable package static var A: RecordType { RecordType(rawValue: 1) }
    @inlinable package static var NS: RecordType { RecordType(rawValue: 2) }
    @inlinable package static var MD: RecordType { RecordType(rawValue: 3) }
    @inlinable package static var MF: RecordType { RecordType(rawValue: 4) }
    @inlinable package static var CNAME: RecordType { RecordType(rawValue: 5) }
    @inlinable package static var SOA: RecordType { RecordType(rawValue: 6) }
    @inlinable package static var MB: RecordType { RecordType(rawValue: 7) }
    @inlinable package static var MG: RecordType { RecordType(rawValue: 8) }
    @inlinable package static var MR: RecordType { RecordType(rawValue: 9) }
    @inlinable package static var NULL: RecordType { RecordType(rawValue: 10) }
    @inlinable package static var PTR: RecordType { RecordType(rawValue: 12) }
    @inlinable package static var HINFO: RecordType { RecordType(rawValue: 13) }
    @inlinable package static var MINFO: RecordType { RecordType(rawValue: 14) }
    @inlinable package static var MX: RecordType { RecordType(rawValue: 15) }
    @inlinable package static var TXT: RecordType { RecordType(rawValue: 16) }
    @inlinable package static var RP: RecordType { RecordType(rawValue: 17) }
    @inlinable package static var AFSDB: RecordType { RecordType(rawValue: 18) }
    @inlinable package static var X25: RecordType { RecordType(rawValue: 19) }
    @inlinable package static var ISDN: RecordType { RecordType(rawValue: 20) }
    @inlinable package static var RT: RecordType { RecordType(rawValue: 21) }
    @inlinable package static var SIG: RecordType { RecordType(rawValue: 24) }
    @inlinable package static var KEY: RecordType { RecordType(rawValue: 25) }
    @inlinable package static var PX: RecordType { RecordType(rawValue: 26) }
    @inlinable package static var GPOS: RecordType { RecordType(rawValue: 27) }
    @inlinable package static var AAAA: RecordType { RecordType(rawValue: 28) }
    @inlinable package static var LOC: RecordType { RecordType(rawValue: 29) }
    @inlinable package static var EID: RecordType { RecordType(rawValue: 31) }
    @inlinable package static var NIMLOC: RecordType { RecordType(rawValue: 32) }
    @inlinable package static var SRV: RecordType { RecordType(rawValue: 33) }
    @inlinable package static var ATMA: RecordType { RecordType(rawValue: 34) }
    @inlinable package static var NAPTR: RecordType { RecordType(rawValue: 35) }
    @inlinable package static var KX: RecordType { RecordType(rawValue: 36) }
    @inlinable package static var CERT: RecordType { RecordType(rawValue: 37) }
    @inlinable package static var DNAME: RecordType { RecordType(rawValue: 39) }
    @inlinable package static var OPT: RecordType { RecordType(rawValue: 41) }
    @inlinable package static var APL: RecordType { RecordType(rawValue: 42) }
    @inlinable package static var DS: RecordType { RecordType(rawValue: 43) }
    @inlinable package static var SSHFP: RecordType { RecordType(rawValue: 44) }
    @inlinable package static var IPSECKEY: RecordType { RecordType(rawValue: 45) }
    @inlinable package static var RRSIG: RecordType { RecordType(rawValue: 46) }
    @inlinable package static var NSEC: RecordType { RecordType(rawValue: 47) }
    @inlinable package static var DNSKEY: RecordType { RecordType(rawValue: 48) }
    @inlinable package static var DHCID: RecordType { RecordType(rawValue: 49) }
    @inlinable package static var NSEC3: RecordType { RecordType(rawValue: 50) }
    @inlinable package static var NSEC3PARAM: RecordType { RecordType(rawValue: 51) }
    @inlinable package static var TLSA: RecordType { RecordType(rawValue: 52) }
    @inlinable package static var SMIMEA: RecordType { RecordType(rawValue: 53) }
    @inlinable package static var HIP: RecordType { RecordType(rawValue: 55) }
    @inlinable package static var NINFO: RecordType { RecordType(rawValue: 56) }
    @inlinable package static var RKEY: RecordType { RecordType(rawValue: 57) }
    @inlinable package static var TALINK: RecordType { RecordType(rawValue: 58) }
    @inlinable package static var CDS: RecordType { RecordType(rawValue: 59) }
    @inlinable package static var CDNSKEY: RecordType { RecordType(rawValue: 60) }
    @inlinable package static var OPENPGPKEY: RecordType { RecordType(rawValue: 61) }
    @inlinable package static var CSYNC: RecordType { RecordType(rawValue: 62) }
    @inlinable package static var ZONEMD: RecordType { RecordType(rawValue: 63) }
    @inlinable package static var SVCB: RecordType { RecordType(rawValue: 64) }
    @inlinable package static var HTTPS: RecordType { RecordType(rawValue: 65) }
    @inlinable package static var SPF: RecordType { RecordType(rawValue: 99) }
    @inlinable package static var NID: RecordType { RecordType(rawValue: 104) }
    @inlinable package static var L32: RecordType { RecordType(rawValue: 105) }
    @inlinable package static var L64: RecordType { RecordType(rawValue: 106) }
    @inlinable package static var LP: RecordType { RecordType(rawValue: 107) }
    @inlinable package static var EUI48: RecordType { RecordType(rawValue: 108) }
    @inlinable package static var EUI64: RecordType { RecordType(rawValue: 109) }
    @inlinable package static var TKEY: RecordType { RecordType(rawValue: 249) }
    @inlinable package static var TSIG: RecordType { RecordType(rawValue: 250) }
    @inlinable package static var IXFR: RecordType { RecordType(rawValue: 251) }
    @inlinable package static var AXFR: RecordType { RecordType(rawValue: 252) }
    @inlinable package static var MAILB: RecordType { RecordType(rawValue: 253) }
    @inlinable package static var MAILA: RecordType { RecordType(rawValue: 254) }
    @inlinable package static var ANY: RecordType { RecordType(rawValue: 255) }
    @inlinable package static var URI: RecordType { RecordType(rawValue: 256) }
    @inlinable package static var CAA: RecordType { RecordType(rawValue: 257) }
    @inlinable package static var AVC: RecordType { RecordType(rawValue: 258) }
}

extension RecordType: CustomStringConvertible {
    /// The mnemonic, or `TYPE` and the number (RFC 3597 §5).
    @usableFromInline
    package var description: String {
        Self.mnemonics[rawValue] ?? "TYPE\(rawValue)"
    }

    /// Parses a mnemonic in any case, or the `TYPE123` form of RFC 3597 §5.
    package init?(parsing text: String) {
        let upper = text.uppercased()
        if let value = Self.values[upper] {
            self.init(rawValue: value)
        } else if upper.hasPrefix("TYPE"), let value = UInt16(upper.dropFirst(4)) {
            self.init(rawValue: value)
        } else {
            return nil
        }
    }

    private static let values: [String: UInt16] = [
        "A": 1,
        "NS": 2,
        "MD": 3,
        "MF": 4,
        "CNAME": 5,
        "SOA": 6,
        "MB": 7,
        "MG": 8,
        "MR": 9,
        "NULL": 10,
        "PTR": 12,
        "HINFO": 13,
        "MINFO": 14,
        "MX": 15,
        "TXT": 16,
        "RP": 17,
        "AFSDB": 18,
        "X25": 19,
        "ISDN": 20,
        "RT": 21,
        "SIG": 24,
        "KEY": 25,
        "PX": 26,
        "GPOS": 27,
        "AAAA": 28,
        "LOC": 29,
        "EID": 31,
        "NIMLOC": 32,
        "SRV": 33,
        "ATMA": 34,
        "NAPTR": 35,
        "KX": 36,
        "CERT": 37,
        "DNAME": 39,
        "OPT": 41,
        "APL": 42,
        "DS": 43,
        "SSHFP": 44,
        "IPSECKEY": 45,
        "RRSIG": 46,
        "NSEC": 47,
        "DNSKEY": 48,
        "DHCID": 49,
        "NSEC3": 50,
        "NSEC3PARAM": 51,
        "TLSA": 52,
        "SMIMEA": 53,
        "HIP": 55,
        "NINFO": 56,
        "RKEY": 57,
        "TALINK": 58,
        "CDS": 59,
        "CDNSKEY": 60,
        "OPENPGPKEY": 61,
        "CSYNC": 62,
        "ZONEMD": 63,
        "SVCB": 64,
        "HTTPS": 65,
        "SPF": 99,
        "NID": 104,
        "L32": 105,
        "L64": 106,
        "LP": 107,
        "EUI48": 108,
        "EUI64": 109,
        "TKEY": 249,
        "TSIG": 250,
        "IXFR": 251,
        "AXFR": 252,
        "MAILB": 253,
        "MAILA": 254,
        "ANY": 255,
        "URI": 256,
        "CAA": 257,
        "AVC": 258,
    ]

    private static let mnemonics: [UInt16: String] = Dictionary(
        uniqueKeysWithValues: values.map { ($0.value, $0.key) })
}

package import Basics

/// The data of a record, taken apart by type.
///
/// Types that are not listed keep their octets (RFC 3597); so do records whose form depends on a class that is not
/// known, and the empty data of updates.
package enum RecordData: Hashable, Sendable {
    case a(IPAddress)
    case aaaa(IPAddress)
    case cname(Name)
    case ns(Name)
    case ptr(Name)
    case dname(Name)
    case soa(SOAData)
    case mx(MXData)
    /// TXT, and with the same form SPF and HINFO.
    case txt(TXTData)
    case srv(SRVData)
    case caa(CAAData)
    case naptr(NAPTRData)
    /// DS and CDS.
    case ds(DSData)
    /// DNSKEY, CDNSKEY and KEY.
    case dnskey(DNSKEYData)
    /// RRSIG and SIG.
    case rrsig(RRSIGData)
    case nsec(NSECData)
    /// SVCB and HTTPS.
    case svcb(SVCBData)
    /// The rarely seen types that hold names: MB, MD, MF, MG, MR, MINFO, RP, AFSDB, RT, KX, PX.
    case names(NamesData)
    /// Everything else, as it stands in the message.
    case unknown([UInt8])
}

extension RecordData {
    /// Decodes the `length` octets at `offset` of `message`; names in them are decompressed.
    ///
    /// - Throws: `truncated` when the message is shorter, `badRecordData` when the octets do not have the form of the
    /// type
    ///   or some are left over, and the errors of a name.
    package init(
        decoding message: Span<UInt8>, type: RecordType, recordClass: RecordClass = .IN, at offset: Int, length: Int
    ) throws(WireError) {
        var reader = try DataReader(message, at: offset, length: length)
        if length == 0, recordClass == .ANY || recordClass == .NONE {
            self = .unknown([])
        } else {
            self = try Self.decode(type, recordClass, &reader)
        }
        guard reader.remaining == 0 else { throw .badRecordData }
    }

    private static func decode(
        _ type: RecordType, _ recordClass: RecordClass, _ reader: inout DataReader
    ) throws(WireError) -> RecordData {
        switch type {
        case .A where recordClass.hasInternetForms: .a(try reader.address(octets: 4))
        case .AAAA where recordClass.hasInternetForms: .aaaa(try reader.address(octets: 16))
        case .CNAME: .cname(try reader.name())
        case .NS: .ns(try reader.name())
        case .PTR: .ptr(try reader.name())
        case .DNAME: .dname(try reader.name())
        case .SOA: .soa(try SOAData(decoding: &reader))
        case .MX: .mx(try MXData(decoding: &reader))
        case .TXT, .SPF: .txt(try TXTData(decoding: &reader))
        case .HINFO: .txt(TXTData(strings: [try reader.characterString(), try reader.characterString()]))
        case .SRV: .srv(try SRVData(decoding: &reader))
        case .CAA: .caa(try CAAData(decoding: &reader))
        case .NAPTR: .naptr(try NAPTRData(decoding: &reader))
        case .DS, .CDS: .ds(try DSData(decoding: &reader))
        case .DNSKEY, .CDNSKEY, .KEY: .dnskey(try DNSKEYData(decoding: &reader))
        case .RRSIG, .SIG: .rrsig(try RRSIGData(decoding: &reader))
        case .NSEC: .nsec(try NSECData(decoding: &reader))
        case .SVCB, .HTTPS: .svcb(try SVCBData(decoding: &reader))
        default: try decodeOther(type, &reader)
        }
    }

    private static func decodeOther(_ type: RecordType, _ reader: inout DataReader) throws(WireError) -> RecordData {
        guard let names = try NamesData(decoding: &reader, type: type) else { return .unknown(try reader.rest()) }
        return .names(names)
    }

    /// Appends the wire form; only names of the types of RFC 1035 are compressed (RFC 3597 §4).
    package func encode(into writer: MessageWriter) {
        switch self {
        case .a(let address): writer.append(UInt32(truncatingIfNeeded: address.low))
        case .aaaa(let address): writer.append(address)
        case .cname(let name), .ns(let name), .ptr(let name): writer.append(name, compressing: true)
        case .dname(let name): writer.append(name, compressing: false)
        case .unknown(let octets): writer.append(octets.span)
        default: form?.encode(into: writer)
        }
    }

    /// The presentation form of the data.
    ///
    /// - Source: RFC 1035 §5.1, the RFC of each type, and RFC 3597 §5 for unknown types.
    package var text: String {
        switch self {
        case .a(let address): address.description
        case .aaaa(let address): address.ipv6Text
        case .cname(let name), .ns(let name), .ptr(let name), .dname(let name): name.text
        case .unknown(let octets) where octets.isEmpty: "\\# 0"
        case .unknown(let octets): "\\# \(octets.count) " + PresentationText.hexadecimal(octets)
        default: form?.text ?? ""
        }
    }

    /// The value inside the cases that have a structure of their own.
    private var form: (any RecordDataForm)? {
        switch self {
        case .soa(let data): data
        case .mx(let data): data
        case .txt(let data): data
        case .srv(let data): data
        case .caa(let data): data
        case .naptr(let data): data
        case .ds(let data): data
        case .dnskey(let data): data
        case .rrsig(let data): data
        case .nsec(let data): data
        case .svcb(let data): data
        case .names(let data): data
        case .a, .aaaa, .cname, .ns, .ptr, .dname, .unknown: nil
        }
    }
}

extension MessageWriter {
    /// Appends the sixteen octets of `address`.
    fileprivate func append(_ address: IPAddress) {
        for half in [address.high, address.low] {
            append(UInt32(truncatingIfNeeded: half >> 32))
            append(UInt32(truncatingIfNeeded: half))
        }
    }
}

extension RecordClass {
    /// Whether A and AAAA hold Internet addresses; NONE stands for IN in updates (RFC 2136 §2.5.4).
    fileprivate var hasInternetForms: Bool {
        self == .IN || self == .NONE || self == .ANY
    }
}

extension RecordData: CustomStringConvertible {
    package var description: String { text }
}

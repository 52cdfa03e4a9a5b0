/// An OPT record, as places in a message: nothing is copied.
///
/// Shape: owner root, type 41, class = payload size, TTL = extended code (1), version (1), flags (2), data = options.
/// Source: RFC 6891 §6.1.
@usableFromInline
package struct EDNSView: Equatable, Sendable {
    /// The largest UDP message that the sender takes, in octets, as it was sent.
    @usableFromInline
    package var payloadSize: UInt16
    /// The upper eight bits of the response code.
    @usableFromInline
    package let extendedCode: UInt8
    @usableFromInline
    package let version: UInt8
    /// DO: DNSSEC records are welcome (RFC 3225).
    @usableFromInline
    package let dnssecOK: Bool
    /// Where the OPT record starts.
    @usableFromInline
    package internal(set) var recordOffset: Int
    /// Where the options start.
    @usableFromInline
    package internal(set) var optionsOffset: Int
    /// Octets of options.
    @usableFromInline
    package internal(set) var optionsLength: Int

    /// Takes the OPT record `record`.
    ///
    /// - Throws: `badEDNS` when the owner is not the root.
    @inlinable
    package init(_ record: RecordView, in message: Span<UInt8>) throws(WireError) {
        guard message[record.nameOffset] == 0 else { throw .badEDNS }
        payloadSize = record.recordClass.rawValue
        extendedCode = UInt8(truncatingIfNeeded: record.ttl >> 24)
        version = UInt8(truncatingIfNeeded: record.ttl >> 16)
        dnssecOK = record.ttl & 0x8000 != 0
        recordOffset = record.nameOffset
        optionsOffset = record.dataOffset
        optionsLength = record.dataLength
    }

    /// The offset just behind the OPT record.
    @inlinable package var end: Int { optionsOffset &+ optionsLength }

    /// The same record, `shift` octets further behind.
    package func moved(by shift: Int) -> EDNSView {
        var view = self
        view.recordOffset += shift
        view.optionsOffset += shift
        return view
    }

    /// Whether the options are a whole row of code, length and data.
    @inlinable
    package func optionsAreWhole(in message: Span<UInt8>) -> Bool {
        var offset = optionsOffset
        while offset < end {
            guard offset &+ 4 <= end else { return false }
            offset &+= 4 &+ Int(message.uint16(at: offset &+ 2))
        }
        return offset == end
    }
}

/// The code of an EDNS option.
///
/// Source: the IANA registry of DNS EDNS0 option codes.
@usableFromInline
package struct EDNSOptionCode: RawRepresentable, Hashable, Sendable {
    @usableFromInline
    package let rawValue: UInt16

    @inlinable
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// RFC 5001.
    @inlinable package static var nsid: EDNSOptionCode { EDNSOptionCode(rawValue: 3) }
    /// RFC 7871.
    @inlinable package static var clientSubnet: EDNSOptionCode { EDNSOptionCode(rawValue: 8) }
    /// RFC 7314.
    @inlinable package static var expire: EDNSOptionCode { EDNSOptionCode(rawValue: 9) }
    /// RFC 7873.
    @inlinable package static var cookie: EDNSOptionCode { EDNSOptionCode(rawValue: 10) }
    /// RFC 7828.
    @inlinable package static var tcpKeepalive: EDNSOptionCode { EDNSOptionCode(rawValue: 11) }
    /// RFC 7830.
    @inlinable package static var padding: EDNSOptionCode { EDNSOptionCode(rawValue: 12) }
    /// RFC 8914.
    @inlinable package static var extendedError: EDNSOptionCode { EDNSOptionCode(rawValue: 15) }
}

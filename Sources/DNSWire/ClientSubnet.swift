/// A client subnet option: for whose network a query is asked, and for whose an answer is good.
///
/// Shape: family (1 IPv4, 2 IPv6) in two octets, source and scope prefix lengths in one each, and the octets of the address that the
/// source prefix reaches. Source: RFC 7871 §6.
package struct ClientSubnet: Equatable, Sendable {
    package let family: UInt16
    /// Bits of the address that are told.
    package let sourceLength: UInt8
    /// In an answer: bits of the address that it depends on; 0 in a query.
    package let scopeLength: UInt8
    /// As many octets as the source prefix reaches into, the bits behind it being zero.
    package let address: [UInt8]

    /// Reads an option's data.
    ///
    /// - Returns: nil when it is not as the RFC says.
    package init?(_ data: Span<UInt8>) {
        guard data.count >= 4 else { return nil }
        family = data.uint16(at: 0)
        (sourceLength, scopeLength) = (data[2], data[3])
        address = data.copy(4..<data.count)
        let longest: UInt8 = family == 1 ? 32 : family == 2 ? 128 : 0
        guard sourceLength <= longest, scopeLength <= longest, address.count == (Int(sourceLength) + 7) / 8 else {
            return nil
        }
        let rest = sourceLength & 7
        guard rest == 0 || address[address.count - 1] & (0xFF >> rest) == 0 else { return nil }
    }

    /// The option's data in an answer that is good for everyone: the asker's subnet with scope 0 (RFC 7871 §7.2.2).
    package var dataForEveryone: [UInt8] {
        [UInt8(family >> 8), UInt8(family & 0xFF), sourceLength, 0] + address
    }

    /// Whether an answer with the option `answer` to a query with this one is good for everyone.
    ///
    /// An answer for another subnet is none, and one to a query that keeps its subnet to itself is for those who do so
    /// (RFC 7871 §7.3.1).
    package func isForEveryone(by answer: ClientSubnet) -> Bool {
        answer.scopeLength == 0 && sourceLength > 0 && answer.sourceLength == sourceLength && answer.family == family
            && answer.address == address
    }
}

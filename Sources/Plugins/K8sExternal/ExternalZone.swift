import DNSWire

/// A zone of `k8s_external`, with the names that its own records need.
struct ExternalZone: Sendable {
    /// Lower case.
    let name: Name
    /// The name that the name server stands under, lower case: `dns` in front of the zone.
    let apex: Name
    /// The labels of the name server in front of the zone, as they are configured: `ns1.dns`.
    let primary: [UInt8]
    /// The labels of the mailbox in front of the zone: `hostmaster.dns`.
    let mailbox: [UInt8]

    /// - Parameter label: what `apex` says.
    /// - Returns: nil when the names would be too long.
    init?(_ name: Name, apex label: Name) {
        let labels = label.wire.dropLast()
        self.name = name.lowercased
        primary = Array("\u{3}ns1".utf8) + labels
        mailbox = Array("\u{A}hostmaster".utf8) + labels
        guard let apex = label.lowercased.appending(name.lowercased) else { return nil }
        guard mailbox.count + name.wire.count <= maximumNameLength else { return nil }
        self.apex = apex
    }

    /// What a name is to the zone.
    enum Part: Equatable {
        /// Its own name.
        case apex
        /// The empty node that the name server stands under.
        case node
        /// The name server's.
        case nameServer
        /// Another name beside the name server's, which does not exist.
        case nothing
        /// A name that may be a service's.
        case service
    }

    /// What the lower-case `name`, which lies in the zone, is to it.
    func part(of name: Span<UInt8>) -> Part {
        if name.count == self.name.wire.count { return .apex }
        guard let start = suffixStart(of: name, under: apex.wire.span) else { return .service }
        if start == 0 { return .node }
        guard start == 4, name[0] == 3, name[1] == UInt8(ascii: "n"), name[2] == UInt8(ascii: "s") else {
            return .nothing
        }
        return name[3] == UInt8(ascii: "1") ? .nameServer : .nothing
    }
}

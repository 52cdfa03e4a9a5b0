import DNSServer
import DNSWire

/// One of the zones that `local` answers for, and where in a name it begins.
struct LocalZone {
    /// Octets of the name in front of the zone.
    let start: Int
    let isLocalhost: Bool
    /// Whether the name is that of the address 127.0.0.1.
    let isLoopback: Bool

    /// The name of this host.
    static let localhost = wire("localhost")
    /// The mailbox of the SOA records.
    static let mailbox = wire("root", "localhost")
    /// Those of the addresses of this host, and of the broadcast address.
    private static let reverse = ["0", "127", "255"].map { wire($0, "in-addr", "arpa") }
    private static let loopback = wire("1", "0", "0", "127", "in-addr", "arpa")

    private static func wire(_ labels: String...) -> [UInt8] {
        labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private static func isSame(_ name: Span<UInt8>, _ other: [UInt8]) -> Bool {
        name.count == other.count && name.matches(0..<name.count, other.span, at: 0)
    }

    /// The zone that `name`, in lower case, is in.
    init?(of name: Span<UInt8>) {
        isLocalhost = Self.isSame(name, Self.localhost)
        isLoopback = Self.isSame(name, Self.loopback)
        if isLocalhost {
            start = 0
            return
        }
        for zone in Self.reverse {
            guard let start = suffixStart(of: name, under: zone.span) else { continue }
            self.start = start
            return
        }
        return nil
    }
}

/// The answers of `local`, with CoreDNS's records.
extension Query {
    /// A week, in seconds.
    private static var localTTL: UInt32 { 604_800 }

    /// Answers for localhost, or for a name that is taken for it, which has no records but its addresses.
    func answerForLocalhost(isApex: Bool) {
        beginReply()
        switch type {
        case .A, .AAAA:
            // 127.0.0.1 and ::1.
            let address: [UInt8] = type == .A ? [127, 0, 0, 1] : Array(repeating: 0, count: 15) + [1]
            reply.appendRecord(ownerAt: MessageHeader.length, type: type, ttl: Self.localTTL, data: address.span)
        case .SOA where isApex, .NS where isApex: appendApex(type)
        default: deny(0)
        }
    }

    /// Answers for a zone of addresses, whose only name besides its own can be that of 127.0.0.1.
    func answerForReverseZone(_ zone: LocalZone) {
        beginReply(zone.start == 0 || zone.isLoopback ? .noError : .nameError)
        switch type {
        case .PTR where zone.isLoopback: appendName(.PTR)
        case .SOA where zone.start == 0, .NS where zone.start == 0: appendApex(type)
        default: deny(zone.start)
        }
    }

    private func appendApex(_ type: RecordType) {
        if type == .NS { appendName(.NS) } else { appendSOA(0) }
    }

    /// There is no such record: the zone, which begins at octet `start` of the name, says so.
    private func deny(_ start: Int) {
        reply.section = .authority
        appendSOA(start)
    }

    /// A record of the question's name that leads to localhost.
    private func appendName(_ type: RecordType) {
        let record = reply.beginRecord(ownerAt: MessageHeader.length, type: type, ttl: Self.localTTL)
        reply.append(name: LocalZone.localhost.span)
        reply.endRecord(record)
    }

    private func appendSOA(_ start: Int) {
        let record = reply.beginRecord(ownerAt: MessageHeader.length + start, type: .SOA, ttl: Self.localTTL)
        reply.append(name: LocalZone.localhost.span)
        reply.append(name: LocalZone.mailbox.span)
        // Serial, REFRESH, RETRY, EXPIRE, MINIMUM.
        for number in [1, 0, 0, 0, Self.localTTL] { reply.append(UInt32(number)) }
        reply.endRecord(record)
    }
}

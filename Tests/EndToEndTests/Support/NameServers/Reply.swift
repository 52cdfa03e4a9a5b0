import DNSWire

/// A reply as it came, and what it says.
struct Reply: Sendable {
    let octets: [UInt8]
    let message: Message

    init(_ octets: [UInt8]) throws {
        self.octets = octets
        message = try Message(decoding: octets.span)
    }

    /// The octets without the OPT record, which is the answering server's own.
    var withoutEDNS: [UInt8] {
        get throws {
            var walk = try RecordWalk(octets.span)
            while let (_, record) = try walk.next() {
                guard record.type == .OPT else { continue }
                var rest = octets
                rest.removeSubrange(record.nameOffset..<record.end)
                let count = octets.span.uint16(at: 10) - 1
                rest.replaceSubrange(10..<12, with: [UInt8(count >> 8), UInt8(count & 0xFF)])
                return rest
            }
            return octets
        }
    }

    /// What a cache must not change: all but the ID, AA, the TTLs and the OPT record; as text, so that case counts as well.
    var withoutTimes: String {
        var rest = message
        rest.id = 0
        rest.edns = nil
        rest.flags.isAuthoritative = false
        for section in [\Message.answers, \.authorities, \.additionals] {
            for index in rest[keyPath: section].indices { rest[keyPath: section][index].ttl = 0 }
        }
        return rest.text
    }

    /// The answers without their TTLs, as text.
    var answers: [String] {
        message.answers.map { "\($0.owner) \($0.type) \($0.data)" }
    }

    /// How many records of a type there are in all sections.
    func count(of type: RecordType) -> Int {
        (message.answers + message.authorities + message.additionals).count { $0.type == type }
    }
}

extension Message {
    /// A query for a name in text form.
    ///
    /// - Parameters:
    ///   - size: of the largest datagram that is welcome; without EDNS when it is nil.
    ///   - dnssec: whether DO is set.
    ///   - ad: whether AD is set.
    ///   - cd: whether CD is set.
    static func query(
        _ name: String, _ type: RecordType = .A, size: UInt16? = 1_232, dnssec: Bool = false, ad: Bool = false,
        cd: Bool = false
    ) throws -> Message {
        var query = Message(
            id: .random(in: 1...UInt16.max), asking: Question(try Name(parsing: name), type),
            edns: size.map { EDNS(payloadSize: $0, dnssecOK: dnssec) })
        query.flags.authenticData = ad
        query.flags.checkingDisabled = cd
        return query
    }
}

import DNSWire

/// Follows the aliases of an answer section from the question to where its data should be.
///
/// Names are compared by their keyed hashes (``NameHash``), each of them read once: a reply may be made of many long ones.
/// Source: RFC 1034 §3.6.2; an owner with two different canonical names is none (RFC 2181 §10.1).
struct ReplyAliases {
    /// How many aliases an answer may have; one with more counts as a chain without an end.
    private static let maximumCount = 16

    private var owners = InlineArray<16, UInt64>(repeating: 0)
    private var targets = InlineArray<16, UInt64>(repeating: 0)
    private var count = 0
    /// The names read last: where the first label of each stands, and its hash.
    private var places = (-1, -1)
    private var hashes: (UInt64, UInt64) = (0, 0)

    /// Whether the answer section of `message` has what its question asks for, at the end of the chain of aliases that
    /// starts at the question's name.
    ///
    /// Records of other owners do not count. For ANY every record of the question's name is an answer, for CNAME the alias.
    /// - Throws: what is wrong with the message.
    /// - Complexity: O(octets of all owners), each of which has at most 255.
    static func answersQuestion(
        _ message: Span<UInt8>, type: RecordType, recordClass: RecordClass
    ) throws(WireError) -> Bool {
        var aliases = ReplyAliases()
        var name = try aliases.hash(of: message, at: MessageHeader.length)
        if type != .ANY, type != .CNAME {
            guard try aliases.read(message, recordClass), let end = aliases.end(of: name) else { return false }
            name = end
        }
        return try aliases.hasRecord(type, ownedBy: name, in: message, recordClass)
    }

    /// Reads the aliases of the answer section; false when there are too many.
    private mutating func read(_ message: Span<UInt8>, _ recordClass: RecordClass) throws(WireError) -> Bool {
        var walk = try RecordWalk(message)
        while let (section, record) = try walk.next(), section == .answer {
            guard record.type == .CNAME, recordClass == .ANY || record.recordClass == recordClass else { continue }
            guard count < Self.maximumCount else { return false }
            owners[count] = try hash(of: message, at: record.nameOffset)
            targets[count] = try hash(of: message, at: record.dataOffset)
            count += 1
        }
        return true
    }

    /// Where the chain that starts at `name` ends; nil when it has no end, or parts.
    private func end(of name: UInt64) -> UInt64? {
        var name = name
        for _ in 0...count {
            var target: UInt64?
            for index in 0..<count where owners[index] == name {
                if let target, target != targets[index] { return nil }
                target = targets[index]
            }
            guard let target else { return name }
            name = target
        }
        return nil
    }

    private mutating func hasRecord(
        _ type: RecordType, ownedBy name: UInt64, in message: Span<UInt8>, _ recordClass: RecordClass
    ) throws(WireError) -> Bool {
        var walk = try RecordWalk(message)
        while let (section, record) = try walk.next(), section == .answer {
            guard type == .ANY || record.type == type, recordClass == .ANY || record.recordClass == recordClass else {
                continue
            }
            if try hash(of: message, at: record.nameOffset) == name { return true }
        }
        return false
    }

    /// The hash of the name at `offset`; most are pointers to one of those that were read last.
    private mutating func hash(of message: Span<UInt8>, at offset: Int) throws(WireError) -> UInt64 {
        let place = Self.firstLabel(of: message, at: offset)
        if place == places.0 { return hashes.0 }
        if place == places.1 { return hashes.1 }
        var name = InlineArray<256, UInt8>(repeating: 0)
        var output = name.mutableSpan
        let length = try decodeName(in: message, at: offset, into: &output).length
        (places, hashes) = ((place, places.0), (NameHash.hash(name.span, in: 0..<length), hashes.0))
        return hashes.0
    }

    /// Where the pointers at `offset` lead, as far as they lead back.
    private static func firstLabel(of message: Span<UInt8>, at offset: Int) -> Int {
        var place = offset
        while place + 1 < message.count, message[place] & 0xC0 == 0xC0 {
            let target = Int(message.uint16(at: place) & 0x3FFF)
            guard target < place else { break }
            place = target
        }
        return place
    }
}

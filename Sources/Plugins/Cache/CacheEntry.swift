import DNSWire

/// One reply as it is kept: what follows the question, in wire form without an OPT record, and where its TTLs stand.
///
/// Shape: one flat allocation, `octets`: the question's name in the first asker's case, the records, and for each record
/// the offset of its TTL in the message as two octets. All else is a few integers beside it.
struct CacheEntry: Sendable {
    /// Where the reply comes from.
    enum Source: UInt8, Sendable {
        case upstream
        /// The same, and it said that its reply is good for every subnet (RFC 7871 §7.3.1).
        case upstreamForEverySubnet
        /// A plugin of this server, by its configuration or the cluster.
        case local
        /// There was none: nobody said anything, or nothing that could be used.
        case silence
        case networkError
    }

    let key: ReplyKey
    let octets: [UInt8]
    /// When it came, in nanoseconds of the monotonic clock.
    let stored: UInt64
    /// The earliest time at which it may be asked for again; in the future while it is being asked for, or after that has failed.
    var nextRefresh: UInt64 = 0
    /// How long it is good for, in seconds.
    private(set) var ttl: UInt32
    /// When it last answered, as a ``tick(_:)``; tells what to leave out first, and how often it is asked for.
    var lastUsed: UInt32
    /// How often it has answered without a long pause; counted for `prefetch` only.
    var hits: UInt32 = 0
    /// At most 255 (RFC 1035 §2.3.4).
    private let nameSize: UInt8
    private let source: Source
    private let recordsSize: UInt16
    let answerCount: UInt16
    let authorityCount: UInt16
    let additionalCount: UInt16
    /// RA, AD and the response code of the reply.
    let flags: MessageHeader.Flags

    /// Takes the reply that stands in `writer`, whose question is uncompressed and ends at `questionEnd`.
    ///
    /// - Parameter ttlOffsets: where the TTLs stand in the message.
    init(
        _ key: ReplyKey, reply writer: MessageWriter, questionEnd: Int, ttlOffsets: [Int], ttl: UInt32, now: UInt64,
        source: Source = .upstream
    ) {
        let message = writer.bytes
        self.key = key
        nameSize = UInt8(truncatingIfNeeded: questionEnd - 4 - MessageHeader.length)
        recordsSize = UInt16(truncatingIfNeeded: message.count - questionEnd)
        self.source = source
        octets = Self.flatten(message, questionEnd: questionEnd, ttlOffsets)
        answerCount = writer.header.answerCount
        authorityCount = writer.header.authorityCount
        additionalCount = writer.header.additionalCount
        flags = writer.header.flags
        stored = now
        self.ttl = ttl
        lastUsed = Self.tick(now)
    }

    /// What stands in a table where there is no entry.
    static let vacant = CacheEntry()

    private init() {
        let noName: [UInt8] = []
        key = ReplyKey(
            name: noName.span, type: RecordType(rawValue: 0), recordClass: RecordClass(rawValue: 0),
            dnssecOK: false, checkingDisabled: false)
        octets = []
        (nameSize, recordsSize, source) = (0, 0, .upstream)
        (answerCount, authorityCount, additionalCount) = (0, 0, 0)
        flags = MessageHeader.Flags(rawValue: 0)
        (stored, ttl, lastUsed) = (0, 0, 0)
    }

    /// The moment `now`, in nanoseconds of the monotonic clock, in steps of 67 ms.
    static func tick(_ now: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: now >> 26) }

    /// Whether the tick `one` came before `other`; they begin anew after nine years.
    static func isEarlier(_ one: UInt32, _ other: UInt32) -> Bool { Int32(bitPattern: one &- other) < 0 }

    /// Octets of the question's name, and of the records.
    var nameLength: Int { Int(nameSize) }
    var recordsLength: Int { Int(recordsSize) }

    /// Whether this is no entry; every name has an octet at least.
    var isVacant: Bool { nameSize == 0 }

    private static func flatten(_ message: Span<UInt8>, questionEnd: Int, _ ttlOffsets: [Int]) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(message.count - MessageHeader.length - 4 + 2 * ttlOffsets.count)
        octets.append(message, MessageHeader.length..<(questionEnd - 4))
        octets.append(message, questionEnd..<message.count)
        for offset in ttlOffsets {
            octets.append(UInt8(truncatingIfNeeded: offset >> 8))
            octets.append(UInt8(truncatingIfNeeded: offset))
        }
        return octets
    }

    /// What the entry takes beside its slot in the table: the allocation of `octets`, as malloc makes it.
    ///
    /// Shape: 32 octets of Swift's own before the elements, 8 of malloc's before those, all rounded up to 16.
    var cost: Int { (octets.count + 32 + 8 + 15) & ~15 }

    /// Whether it is one of those that have a share of their own in the cache: usual replies are a tenth as large.
    var isLarge: Bool { cost > 2_048 }

    /// Octets of the whole reply that it was made from.
    var messageLength: Int { MessageHeader.length + nameLength + 4 + recordsLength }

    /// Whether this is the reply to the question `key` for `name`.
    func matches(_ key: ReplyKey, _ name: Span<UInt8>) -> Bool {
        guard key == self.key, name.count == nameLength else { return false }
        return namesEqual(octets.span.extracting(0..<nameLength), name)
    }

    /// When it expires.
    var expiry: UInt64 { stored &+ UInt64(ttl) &* 1_000_000_000 }

    /// Whether the reply was made by this server, and by the next configuration may be another.
    var isLocal: Bool { source != .upstream && source != .upstreamForEverySubnet }

    /// Whether who asks for a subnet may be given it: this server's own answers do not depend on one.
    var isForEverySubnet: Bool { hasScopeZero || source == .local }

    /// Whether its source said that it is good for every subnet.
    var hasScopeZero: Bool { source == .upstreamForEverySubnet }

    /// Why there was no reply; nil when there was one.
    var extendedError: ExtendedErrorCode? {
        switch source {
        case .upstream, .upstreamForEverySubnet, .local: nil
        case .silence: .noReachableAuthority
        case .networkError: .networkError
        }
    }

    /// Whether it says that the source has failed, and so nothing of the name.
    var isFailure: Bool {
        let code = ResponseCode(rawValue: UInt16(flags.responseCode))
        return code == .serverFailure || code == .notImplemented
    }

    /// Whether it has expired so long ago at `now` that it answers nobody, replies being good for `staleLimit` nanoseconds after
    /// they have expired; a failure never is (RFC 2308 §7).
    func isUseless(at now: UInt64, staleLimit: UInt64) -> Bool {
        now >= expiry &+ (isFailure ? 0 : staleLimit)
    }

    /// Lowers its TTL to `limit`, if it is higher.
    mutating func limitTTL(to limit: UInt32) {
        ttl = min(ttl, limit)
    }

    /// Seconds that are left at `now`; 0 when it has expired.
    ///
    /// Whole seconds that have passed are taken off, as CoreDNS counts.
    func remaining(at now: UInt64) -> UInt32 {
        let passed = now > stored ? (now - stored) / 1_000_000_000 : 0
        return passed < UInt64(ttl) ? ttl - UInt32(passed) : 0
    }
}

extension [UInt8] {
    /// Appends the octets of `range` of `octets`.
    fileprivate mutating func append(_ octets: Span<UInt8>, _ range: Range<Int>) {
        let part = octets.extracting(range)
        unsafe part.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

import DNSWire

/// What becomes of one reply: for how long it is good, and where it is kept.
struct CachePolicy: Equatable, Sendable {
    /// The two caches.
    enum Place: Equatable, Sendable {
        case success
        case denial
    }

    /// What it says.
    let kind: ReplyKind
    /// Whether it is whole enough to be kept, its TTL and its truncation left aside.
    let isComplete: Bool
    /// Whether it has more octets than are kept of a reply.
    let isTooLarge: Bool
    /// Where it is kept; nil when it is not.
    let place: Place?
    /// What every record's TTL is set to, also when the reply is not kept.
    let ttl: UInt32

    /// Without a record to go by, a reply is good for five seconds.
    private static let defaultTTL: UInt32 = 5

    /// Takes a reply whose header is written.
    ///
    /// Every record gets one TTL, the lowest of all, brought between the least and the most that is configured; so no
    /// client sees it jump between the first reply and those from the cache. Difference from CoreDNS: a denial is not kept
    /// longer than the MINIMUM of its SOA record (RFC 2308 §5).
    /// - Throws: what is wrong with the message.
    init(
        _ message: Span<UInt8>, _ scan: ReplyScan, code: ResponseCode, type: RecordType, recordClass: RecordClass,
        _ configuration: CacheConfiguration
    ) throws(WireError) {
        kind = try ReplyKind(message, scan, code: code, type: type, recordClass: recordClass)
        ttl = Self.ttl(kind, scan, configuration)
        let isTruncated = scan.header.flags.isTruncated
        switch kind {
        case .other: isComplete = false
        case .nameError: isComplete = scan.hasSOA
        case .answer: isComplete = try !ReplyKind.isEmptyHanded(message, scan, type, recordClass)
        case .noData, .serverError, .referral: isComplete = true
        }
        isTooLarge = message.count > configuration.largestReply
        guard isComplete, !isTruncated, !isTooLarge, ttl > 0 else {
            place = nil
            return
        }
        place = kind == .answer || kind == .referral ? .success : .denial
    }

    private static func ttl(_ kind: ReplyKind, _ scan: ReplyScan, _ configuration: CacheConfiguration) -> UInt32 {
        switch kind {
        case .serverError:
            return configuration.failureTTL
        case .nameError, .noData:
            var lowest = scan.lowestTTL ?? defaultTTL
            if let limit = scan.negativeTTL { lowest = min(lowest, limit) }
            return clamp(lowest, configuration.denial)
        case .answer:
            return clamp(scan.lowestTTL ?? defaultTTL, configuration.success)
        case .referral, .other:
            return clamp(defaultTTL, configuration.success)
        }
    }

    private static func clamp(_ ttl: UInt32, _ side: CacheConfiguration.Side) -> UInt32 {
        min(max(ttl, side.minimumTTL), side.maximumTTL)
    }
}

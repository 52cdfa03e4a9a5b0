import DNSServer
import DNSWire
import Telemetry

/// Translates the replies of one worker.
final class DNS64Handler: ReplyHandler {
    private let configuration: DNS64Configuration
    private let translated: Counter

    init(_ configuration: DNS64Configuration, translated: Counter) {
        self.configuration = configuration
        self.translated = translated
    }

    func handle(_ query: Query) -> Verdict {
        guard query.type == .AAAA, query.recordClass == .IN, query.header.flags.opcode == .query else { return .next }
        query.mark = (configuration.servesIPv4 || !query.client.isIPv4) && !Self.isValidator(query)
        return .next
    }

    /// Whether the asker checks signatures itself, and so has to see what is signed (RFC 6147 §5.5).
    private static func isValidator(_ query: Query) -> Bool {
        query.dnssecOK && query.header.flags.checkingDisabled
    }

    func finish(_ query: Query) -> ReplyVerdict {
        guard query.mark, query.hasReply, !query.isDropped, query.failure == nil, query.responseCode != .nameError,
            isTranslated(query)
        else { return .done }
        return .wait { [configuration, translated] query in
            let name = Name(uncheckedWire: query.nameAsAsked.copy())
            // Without one the reply stays what it is.
            guard let lookup = await query.lookup(name, .A), let found = try? Message(decoding: lookup.message.span)
            else {
                return
            }
            translated.increment(in: query.shard)
            query.translate(found, lookup, configuration.prefix)
        }
    }

    /// Whether there is no IPv6 address, or none that counts: those that stand for IPv4 ones are of no use (RFC 6147 §5.1.4).
    private func isTranslated(_ query: Query) -> Bool {
        guard !configuration.translatesAll else { return true }
        let reply = query.reply
        var walk = RecordWalk(reply.bytes, header: reply.header, offset: query.questionEnd)
        while let (section, record) = try? walk.next(), section == .answer {
            if record.type == .AAAA, !record.isMappedAddress(in: reply.bytes) { return false }
        }
        return true
    }
}

extension RecordView {
    /// Whether it has an address of ::ffff:0:0/96.
    fileprivate func isMappedAddress(in message: Span<UInt8>) -> Bool {
        guard dataLength == 16 else { return false }
        return (0..<10).allSatisfy { message[dataOffset + $0] == 0 } && message.uint16(at: dataOffset + 10) == 0xFFFF
    }
}

extension Query {
    /// The TTL of translated addresses where the empty answer for AAAA has no SOA record, in seconds (RFC 6147 §5.1.7).
    private static let longestTTL: UInt32 = 600

    /// Makes the reply of the addresses that were found for A.
    fileprivate func translate(_ found: Message, _ lookup: Lookup, _ prefix: TranslationPrefix) {
        let limit = negativeTTL ?? Self.longestTTL
        let answers = found.answers.map { record in
            guard case .a(let address) = record.data else { return record }
            return Record(
                record.owner, .AAAA, recordClass: record.recordClass, ttl: min(record.ttl, limit),
                .aaaa(prefix.embed(UInt32(truncatingIfNeeded: address.bits))))
        }
        beginReply(lookup.isUnserved ? .noError : lookup.responseCode)
        reply.header.flags.isTruncated = lookup.flags.isTruncated
        for record in answers { record.encode(into: reply) }
        reply.section = .authority
        for record in found.authorities { record.encode(into: reply) }
        reply.section = .additional
        for record in found.additionals { record.encode(into: reply) }
        if !lookup.isShareable { isShareable = false }
    }

    /// How long it holds that there is no IPv6 address, in seconds.
    private var negativeTTL: UInt32? {
        let reply = reply
        var (walk, ttl) = (RecordWalk(reply.bytes, header: reply.header, offset: questionEnd), UInt32?.none)
        while let (section, record) = try? walk.next() {
            if section == .authority, record.type == .SOA { ttl = record.ttl }
        }
        return ttl
    }
}

import DNSServer
import DNSWire

/// Answers the queries of one worker.
final class HostsHandler: QueryHandler {
    private let zones: ZoneScope
    private let fallthroughZones: ZoneScope
    private let passesUnsupported: Bool
    private let ttl: UInt32
    private let source: WatchedHostsFile
    private var tables: WatchedHostsFile.Tables
    private var version: UInt64

    init(_ configuration: HostsConfiguration, _ zones: ZoneScope, _ source: WatchedHostsFile) {
        self.zones = zones
        self.source = source
        fallthroughZones = ZoneScope(configuration.fallthroughZones ?? [])
        passesUnsupported = configuration.passesUnsupported
        ttl = UInt32(configuration.ttl)
        version = source.version
        tables = source.tables
    }

    func handle(_ query: Query) -> Verdict {
        if source.version != version {
            version = source.version
            tables = source.tables
        }
        guard query.recordClass.takesInternet else { return .next }
        // The zones of addresses need not be named.
        if query.type == .PTR { return answerNames(query) }
        guard zones.contains(query.name) else { return .next }
        let (first, second) = (addresses(of: query.name, in: tables.file), addresses(of: query.name, in: tables.inline))
        guard first.isKnown || second.isKnown else { return unknown(query) }
        guard query.type == .A || query.type == .AAAA else {
            return passesUnsupported && fallthroughZones.contains(query.name) ? .next : empty(query)
        }
        query.beginReply(.noError, authoritative: true)
        var owner = 0
        let isV4 = query.type == .A
        append(isV4 ? first.v4 : first.v6, of: tables.file, to: query, &owner)
        guard second.isKnown else { return .reply }
        // What both say is one record (RFC 2181 §5).
        let known = KnownAddresses(tables.file.addresses, isV4 ? first.v4 : first.v6, width: isV4 ? 4 : 16)
        append(isV4 ? second.v4 : second.v6, of: tables.inline, besides: known, to: query, &owner)
        return .reply
    }

    private func unknown(_ query: Query) -> Verdict {
        fallthroughZones.contains(query.name) ? .next : .fail(QueryFailure(.serverFailure))
    }

    /// The name has no records of the type: an empty reply, without SOA since a hosts file has none.
    private func empty(_ query: Query) -> Verdict {
        query.beginReply(.noError, authoritative: true)
        return .reply
    }

    // MARK: Addresses

    /// Where the addresses of a name stand, by family.
    private struct Found {
        var v4 = 0..<0
        var v6 = 0..<0
        var isKnown: Bool { !v4.isEmpty || !v6.isEmpty }
    }

    /// The name's own addresses; a family that it has none of comes from a wildcard.
    private func addresses(of name: Span<UInt8>, in table: HostsTable) -> Found {
        guard !table.isEmpty else { return Found() }
        let entry = table.entry(of: name)
        var found = Found(v4: entry?.v4 ?? 0..<0, v6: entry?.v6 ?? 0..<0)
        guard found.v4.isEmpty || found.v6.isEmpty, let wildcard = table.wildcard(for: name) else { return found }
        if found.v4.isEmpty { found.v4 = wildcard.v4 }
        if found.v6.isEmpty { found.v6 = wildcard.v6 }
        return found
    }

    /// Appends a record for each address in `range` that is not known, as many as fit.
    private func append(
        _ range: Range<Int>, of table: HostsTable, besides known: KnownAddresses? = nil, to query: Query,
        _ owner: inout Int
    ) {
        let width = query.type == .A ? 4 : 16
        let addresses = table.addresses
        var start = range.lowerBound
        while start < range.upperBound, !query.reply.isFull {
            let place = start..<(start + width)
            start += width
            if known?.contains(addresses, place) == true { continue }
            query.appendLowercasedRecord(
                owner: &owner, type: query.type, ttl: ttl, data: addresses.span.extracting(place))
        }
    }

    // MARK: Names

    /// Answers a PTR query; one for an address without names always goes on.
    private func answerNames(_ query: Query) -> Verdict {
        guard let address = ReverseName.address(of: query.name) else { return .next }
        let (first, second) = (tables.file.names(of: address), tables.inline.names(of: address))
        guard first != nil || second != nil else { return .next }
        query.beginReply(.noError, authoritative: true)
        var owner = 0
        for name in first ?? [] where !query.reply.isFull {
            query.appendLowercasedRecord(owner: &owner, type: .PTR, ttl: ttl, data: name.wire.span)
        }
        guard let second else { return .reply }
        let known = first ?? []
        let hashed = known.count > KnownAddresses.fewest ? Set(known) : []
        for name in second where !query.reply.isFull {
            // What both say is one record (RFC 2181 §5).
            if hashed.isEmpty ? known.contains(name) : hashed.contains(name) { continue }
            query.appendLowercasedRecord(owner: &owner, type: .PTR, ttl: ttl, data: name.wire.span)
        }
        return .reply
    }
}

/// Turns entries into records, remembering origin, owner and TTL from one to the next.
struct RecordParser {
    /// *Shape*: wire form.
    private(set) var origin: [UInt8]
    /// What `$TTL` or the caller said.
    var defaultTTL: UInt32?
    private var owner: [UInt8]?
    private var lastTTL: UInt32?

    init(origin: String, defaultTTL: UInt32?) throws(LDNSError) {
        self.origin = try LDNSBridge.name(Array(origin.utf8))
        self.defaultTTL = defaultTTL
    }

    /// - Throws: `.syntax`, with the place of the word that is wrong.
    mutating func setOrigin(_ token: ZoneToken) throws(LDNSError) {
        origin = try name(token)
    }

    /// - Throws: `.syntax`, with the place of the word that is wrong.
    mutating func record(from entry: ZoneEntry) throws(LDNSError) -> LDNSRecord {
        var tokens = entry.tokens[...]
        let owner = try takeOwner(entry, &tokens)
        let header = try takeHeader(&tokens, after: entry.tokens.last)
        let data = RecordData(type: header.type, class: header.class, tokens: tokens, origin: origin)
        let rdata = try data.parse(at: tokens.first ?? header.token)
        let ttl: UInt32
        if let explicit = header.ttl {
            ttl = explicit
            lastTTL = explicit
        } else {
            ttl = try inheritedTTL(type: header.type, rdata: rdata, at: header.token)
        }
        self.owner = owner
        let line = entry.tokens.first?.line ?? 0
        return LDNSRecord(owner: owner, type: header.type, class: header.class, ttl: ttl, rdata: rdata, line: line)
    }

    private func takeOwner(_ entry: ZoneEntry, _ tokens: inout ArraySlice<ZoneToken>) throws(LDNSError) -> [UInt8] {
        if entry.hasNoOwner {
            // A text that begins with a blank and has no record before it belongs to the origin.
            return owner ?? origin
        }
        guard let token = tokens.popFirst() else { throw LDNSError(.syntax, "no owner name") }
        return try name(token)
    }

    private func name(_ token: ZoneToken) throws(LDNSError) -> [UInt8] {
        do throws(LDNSError) {
            return try LDNSBridge.name(Array(token.text), origin: origin)
        } catch {
            throw LDNSError(error.code, "\(error.message): \"\(token.string)\"", at: token)
        }
    }

    private struct Header {
        var type: UInt16
        var `class`: UInt16 = 1
        var ttl: UInt32?
        var token: ZoneToken
    }

    /// TTL and class, in either order and each optional, and the type.
    private func takeHeader(
        _ tokens: inout ArraySlice<ZoneToken>, after last: ZoneToken?
    ) throws(LDNSError) -> Header {
        var ttl: UInt32?
        var `class`: UInt16?
        while let token = tokens.popFirst() {
            if ttl == nil, let value = Mnemonic.ttl(token.text) {
                ttl = value
            } else if `class` == nil, let value = Mnemonic.class(token.text) {
                `class` = value
            } else {
                let type = try recordType(token)
                return Header(type: type, class: `class` ?? 1, ttl: ttl, token: token)
            }
        }
        throw LDNSError(.syntax, "no record type", at: last)
    }

    private func recordType(_ token: ZoneToken) throws(LDNSError) -> UInt16 {
        guard let type = Mnemonic.type(token.text) else {
            throw LDNSError(.syntax, "neither TTL, class nor record type: \"\(token.string)\"", at: token)
        }
        // OPT and the question and meta types cannot be stored. RFC 6895 §3.1.
        guard type != 0, type != 41, !(249...255).contains(type) else {
            throw LDNSError(.syntax, "not a type of records: \(token.string)", at: token)
        }
        return type
    }

    /// RFC 2308 §4 and RFC 1035 §5.1: `$TTL`, else the TTL of the record before; for a first SOA record its MINIMUM.
    private func inheritedTTL(type: UInt16, rdata: [UInt8], at token: ZoneToken) throws(LDNSError) -> UInt32 {
        if let ttl = defaultTTL ?? lastTTL { return ttl }
        guard type == 6, rdata.count >= 20 else { throw LDNSError(.syntax, "no TTL", at: token) }
        return rdata.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}

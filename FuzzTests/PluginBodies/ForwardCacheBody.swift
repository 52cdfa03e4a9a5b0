import DNSWire
import FuzzBodies

extension FuzzBody {
    /// What an upstream says to a query, and what the cache makes of it for those who ask later.
    ///
    /// Shape: an octet that chooses the type, DO and the asker's limit; one that chooses the limit of the second asker; then datagrams,
    /// each behind its length (2 octets, of which the top bit says that it keeps its ID). The name is `www.Example.org`.
    ///
    /// Every query ends once. A reply is whole, within its asker's limit, to the question as it was asked, and has no record that the
    /// upstream did not say; the cache answers no other question.
    static let forwardCache = FuzzBody(name: "FuzzForwardCache") { octets in
        guard octets.count >= 2 else { return nil }
        do {
            let bench = try ForwardCacheBench()
            let complaint = try UpstreamTalk(octets, bench).complaint()
            let remains = bench.retire()
            return complaint ?? remains
        } catch {
            return "\(error)"
        }
    }
}

/// One input of the body.
private struct UpstreamTalk {
    private let bench: ForwardCacheBench
    private let type: RecordType
    private let isSecure: Bool
    private let limits: [UInt16?]
    private let datagrams: [(octets: [UInt8], keepsID: Bool)]

    private static let types: [RecordType] = [.A, .AAAA, .CNAME, .MX, .SOA, .TXT, .SRV, .ANY]
    private static let sizes: [UInt16?] = [nil, 512, 700, 1_232, 4_096, 65_535, 0, 1_400]

    init(_ octets: [UInt8], _ bench: ForwardCacheBench) {
        self.bench = bench
        type = Self.types[Int(octets[0] & 7)]
        isSecure = octets[0] & 8 != 0
        limits = [Self.sizes[Int(octets[0] >> 4 & 7)], Self.sizes[Int(octets[1] & 7)]]
        var (datagrams, rest) = ([(octets: [UInt8], keepsID: Bool)](), octets.dropFirst(2))
        while rest.count >= 2, datagrams.count < 24, let high = rest.popFirst(), let low = rest.popFirst() {
            let length = Int(high & 0x7F) << 8 | Int(low)
            datagrams.append((Array(rest.prefix(length)), high & 0x80 != 0))
            rest = rest.dropFirst(length)
        }
        self.datagrams = datagrams
    }

    /// DO goes with EDNS only; both askers have the same, since replies depend on it.
    private func question(_ name: String, _ limit: UInt16?) throws -> Message {
        var edns = limit.map { EDNS(payloadSize: $0) }
        if isSecure, edns == nil { edns = EDNS(payloadSize: 512) }
        edns?.dnssecOK = isSecure
        return Message(id: 0x1234, asking: Question(try Name(parsing: name), type), edns: edns)
    }

    func complaint() throws -> String? {
        let first = try question("www.Example.org", limits[0])
        let asked = bench.ask(first.encoded())
        guard asked.ends == 0, bench.waiting == 1 else { return "the first question does not wait" }
        var answered: [UInt8]?
        for (octets, keepsID) in datagrams where asked.ends == 0 {
            bench.receive(octets, keepsID: keepsID)
            if asked.ends > 0 { answered = octets }
        }
        // Who has no reply by now has none in time.
        if asked.ends == 0 { bench.pass(seconds: 6) }
        guard asked.ends == 1 else { return "the first query ended \(asked.ends) times" }
        // What an upstream says with names that lead nowhere, or into the header, goes to whoever asked, as it is, and nobody else.
        let isSound = answered.map { records($0) != nil } ?? true
        if isSound, let complaint = check(asked.reply, first, answered) { return "first: \(complaint)" }
        return try askAgain(answered) ?? askOther()
    }

    /// The same in another case, by somebody with another limit.
    private func askAgain(_ answered: [UInt8]?) throws -> String? {
        for (name, limit) in [("WWW.example.ORG", limits[1]), ("www.Example.org", limits[0])] {
            let question = try question(name, limit)
            let asked = bench.ask(question.encoded())
            if asked.ends == 0 { bench.pass(seconds: 6) }
            guard asked.ends == 1 else { return "\(name) ended \(asked.ends) times" }
            if let complaint = check(asked.reply, question, answered) { return "\(name): \(complaint)" }
        }
        return nil
    }

    /// What nobody has asked before is not in the cache.
    private func askOther() throws -> String? {
        for name in ["vww.example.org", "example.org", "a.www.example.org", "."] {
            let asked = bench.ask(try question(name, nil).encoded())
            guard asked.ends == 0 else { return "the cache answers for \(name)" }
        }
        bench.pass(seconds: 6)
        return bench.waiting == 0 ? nil : "\(bench.waiting) still wait"
    }

    /// Whether `reply` may go to whoever asked `question`, the upstream having said `source`.
    private func check(_ reply: [UInt8]?, _ question: Message, _ source: [UInt8]?) -> String? {
        guard let reply else { return "no reply" }
        guard let header = MessageHeader(decoding: reply.span), header.id == question.id, header.flags.isResponse else {
            return "no reply to this query: \(reply.prefix(12))"
        }
        let limit = max(512, Int(question.edns?.payloadSize ?? 512))
        guard reply.count <= min(limit, 4_096) else { return "\(reply.count) octets for \(limit)" }
        let asked = question.encoded()[12...].prefix(question.questions[0].name.wire.count + 4)
        guard header.questionCount == 1, reply[12...].starts(with: asked) else { return "another question" }
        guard let records = records(reply) else { return "records that cannot be walked: \(reply)" }
        guard records.end == reply.count else { return "octets behind the last record" }
        guard records.hasEDNS == (question.edns != nil) else { return "EDNS" }
        guard let source else {
            return records.records.isEmpty ? nil : "records that nobody has said: \(reply)"
        }
        return compare(records.records, beginning(source), source, reply)
    }

    /// The records of what may be damaged, up to where it is.
    private func beginning(_ message: [UInt8]) -> [Outline] {
        var records: [Outline] = []
        _ = try? walk(message) { records.append($0) }
        return records
    }

    /// What can be said of a record without knowing its type.
    private struct Outline: Hashable {
        var owner: Name
        var type: RecordType
        var recordClass: RecordClass
    }

    private func records(_ message: [UInt8]) -> (records: [Outline], end: Int, hasEDNS: Bool)? {
        var records: [Outline] = []
        guard let (end, hasEDNS) = try? walk(message, { records.append($0) }) else { return nil }
        return (records, end, hasEDNS)
    }

    /// Calls `body` with each record but OPT.
    @discardableResult
    private func walk(_ message: [UInt8], _ body: (Outline) -> Void) throws(WireError) -> (end: Int, hasEDNS: Bool) {
        var hasEDNS = false
        var walk = try RecordWalk(message.span)
        while let (_, record) = try walk.next() {
            guard !leadsIntoHeader(message, record.nameOffset) else { throw .badPointer }
            if record.type == .OPT {
                hasEDNS = true
            } else {
                let owner = try Name(decoding: message.span, at: record.nameOffset)
                body(Outline(owner: owner, type: record.type, recordClass: record.recordClass))
            }
        }
        return (walk.offset, hasEDNS)
    }

    /// Whether a name is in part what the header says, and so another one with another ID or count.
    private func leadsIntoHeader(_ message: [UInt8], _ offset: Int) -> Bool {
        var (position, pointers) = (offset, 0)
        while position + 1 < message.count, message[position] != 0, pointers < 128 {
            guard message[position] & 0xC0 == 0xC0 else {
                position += Int(message[position]) + 1
                continue
            }
            position = Int(message[position] & 0x3F) << 8 | Int(message[position + 1])
            pointers += 1
            if position < MessageHeader.length { return true }
        }
        return false
    }

    private func compare(_ records: [Outline], _ said: [Outline], _ source: [UInt8], _ reply: [UInt8]) -> String? {
        var left = Dictionary(said.map { ($0, 1) }, uniquingKeysWith: +)
        for record in records {
            guard let count = left[record], count > 0 else { return "\(record) was not said" }
            left[record] = count - 1
        }
        // Where all is understood the data is compared as well.
        guard let whole = try? Message(decoding: source.span) else { return nil }
        guard let message = try? Message(decoding: reply.span) else { return "understood no more: \(reply)" }
        let datas = Set((whole.answers + whole.authorities + whole.additionals).map(\.data))
        for record in message.answers + message.authorities + message.additionals where !datas.contains(record.data) {
            return "\(record) was not said"
        }
        return nil
    }
}

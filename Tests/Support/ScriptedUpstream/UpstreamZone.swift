package import DNSWire

/// What a scripted upstream knows, and the replies that follow from it.
///
/// The rules are those of the resolver that the recorded replies of CoreDNS were forwarded to: aliases are followed,
/// what is not known is denied with the SOA, and some names ask for a failure by their first label, or with `echo` for a TXT record of what
/// reached the upstream. Owners keep the asker's case.
package struct UpstreamZone: Sendable {
    /// The SOA record that goes with a denial.
    private let authority: Record
    private let sets: [RecordKey: [Record]]
    private let names: Set<Name>

    private struct RecordKey: Hashable {
        var owner: Name
        var type: RecordType
    }

    /// Reads the zone's text: one record a line, among them an SOA record; `;` starts a comment line.
    ///
    /// - Throws: the first line that is no record.
    package init(text: String) throws(ZoneTextError) {
        var authority: Record?
        var sets: [RecordKey: [Record]] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix(";") {
            let record = try Record(zoneLine: line)
            if record.type == .SOA {
                authority = record
            } else {
                sets[RecordKey(owner: record.owner, type: record.type), default: []].append(record)
            }
        }
        guard let authority else { throw ZoneTextError(line: "", problem: "there is no SOA record") }
        self.authority = authority
        self.sets = sets
        names = Set(sets.keys.map(\.owner))
    }

    /// The reply to a query, or nil when the name asks for silence.
    package func reply(to query: Message) -> Message? {
        guard let question = query.questions.first else { return nil }
        var reply = Message(id: query.id, flags: Self.flags(for: query), questions: query.questions)
        if let edns = query.edns { reply.edns = EDNS(payloadSize: 4_096, dnssecOK: edns.dnssecOK) }
        switch question.name.lowercased.labels.first.map(Array.init) {
        case Array("drop".utf8): return nil
        case Array("servfail".utf8): reply.responseCode = .serverFailure
        case Array("refused".utf8): reply.responseCode = .refused
        case Array("echo".utf8): reply.answers = [Self.echo(of: query, question)]
        default: answer(question, in: &reply)
        }
        return reply
    }

    /// What came, as text: question, flags, payload size, DO and options.
    private static func echo(of query: Message, _ question: Question) -> Record {
        let flags = [
            (query.flags.isAuthoritative, "AA"), (query.flags.recursionDesired, "RD"),
            (query.flags.recursionAvailable, "RA"), (query.flags.authenticData, "AD"),
            (query.flags.checkingDisabled, "CD"),
        ].filter(\.0).map(\.1).joined(separator: " ")
        let size = query.edns.map { "\($0.payloadSize)" } ?? "none"
        let options = (query.edns?.options ?? []).map { "\($0.code.rawValue)=\(hex($0.data))" }.joined(separator: " ")
        let text = """
            \(question.name.lowercased.text) \(question.type) \(question.recordClass) \(flags) edns=\(size) \
            do=\(query.edns?.dnssecOK == true ? 1 : 0) options=[\(options)]
            """
        let octets = Array(text.utf8)
        let strings = stride(from: 0, to: octets.count, by: 200).map { Array(octets[$0..<min($0 + 200, octets.count)]) }
        return Record(question.name, .TXT, ttl: 60, .txt(TXTData(strings: strings)))
    }

    private static func hex(_ octets: [UInt8]) -> String {
        octets.map { octet in
            let digits = String(octet, radix: 16)
            return octet < 16 ? "0" + digits : digits
        }.joined()
    }

    private static func flags(for query: Message) -> MessageHeader.Flags {
        var flags = MessageHeader.Flags(rawValue: 0)
        flags.isResponse = true
        flags.recursionDesired = query.flags.recursionDesired
        flags.recursionAvailable = true
        flags.opcode = query.flags.opcode
        return flags
    }

    private func answer(_ question: Question, in reply: inout Message) {
        var owner = question.name
        // The number of aliases bounds a chain that leads round.
        for _ in 0...sets.count where question.type != .CNAME {
            guard let alias = sets[RecordKey(owner: owner, type: .CNAME)]?.first, case .cname(let target) = alias.data
            else { break }
            reply.answers.append(alias.owned(by: owner))
            owner = target.lowercased
        }
        if let records = sets[RecordKey(owner: owner, type: question.type)] {
            reply.answers += records.map { $0.owned(by: owner) }
        } else {
            if !names.contains(owner) { reply.responseCode = .nameError }
            reply.authorities = [authority]
        }
    }
}

extension Record {
    /// The same record with another spelling of its owner.
    fileprivate func owned(by owner: Name) -> Record {
        var record = self
        record.owner = owner
        return record
    }
}

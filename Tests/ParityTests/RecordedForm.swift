import DNSWire

extension RecordedQuery {
    /// What is wrong with a query of a suite.
    struct Malformed: Error {
        var query: RecordedQuery
    }

    /// The message that asks this.
    func message(id: UInt16) throws -> Message {
        guard let name = try? Name(parsing: name), let type = RecordType(parsing: type),
            let recordClass = RecordClass(parsing: cls ?? "IN")
        else { throw Malformed(query: self) }
        var flags = MessageHeader.Flags(rawValue: 0)
        flags.recursionDesired = rd ?? true
        flags.checkingDisabled = cd ?? false
        flags.authenticData = ad ?? false
        var message = Message(id: id, flags: flags, questions: [Question(name, type, recordClass: recordClass)])
        if edns != nil || self.do == true || ednsver != nil || options != nil {
            message.edns = EDNS(
                payloadSize: edns ?? 1_232, version: ednsver ?? 0, dnssecOK: self.do ?? false,
                options: try (options ?? []).map(option))
        }
        return message
    }

    private func option(_ recorded: RecordedOption) throws -> EDNSOption {
        let digits = Array(recorded.data)
        let octets = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(digits[$0..<min($0 + 2, digits.count)]), radix: 16)
        }
        guard octets.allSatisfy({ $0 != nil }) else { throw Malformed(query: self) }
        return EDNSOption(EDNSOptionCode(rawValue: recorded.code), octets.compactMap(\.self))
    }
}

extension RecordedReply {
    /// The recorded form of a reply.
    ///
    /// The recorder kept records in sets: one TTL (the least) and one spelling of the owner (the first) for records
    /// of the same owner, type and class, and the same record once.
    init(_ message: Message) {
        rcode = message.responseCode.description
        flags = Self.names(of: message.flags)
        question = message.questions.map(\.text)
        answer = Self.texts(message.answers)
        authority = Self.texts(message.authorities)
        additional = Self.texts(message.additionals)
        if let edns = message.edns {
            self.edns = EDNS(
                version: edns.version, payload: edns.payloadSize, do: edns.dnssecOK,
                options: edns.options.map { String($0.code.rawValue) }.sorted())
        }
    }

    /// A reply that did not come, or was none.
    init(error: String) {
        self.error = error
    }

    private static func names(of flags: MessageHeader.Flags) -> [String] {
        [
            (flags.isResponse, "QR"), (flags.isAuthoritative, "AA"), (flags.isTruncated, "TC"),
            (flags.recursionDesired, "RD"), (flags.recursionAvailable, "RA"), (flags.authenticData, "AD"),
            (flags.checkingDisabled, "CD"),
        ].filter(\.0).map(\.1)
    }

    private static func texts(_ records: [Record]) -> [String] {
        struct SetKey: Hashable {
            var owner: Name
            var type: RecordType
            var recordClass: RecordClass
        }
        let sets = Dictionary(grouping: records) {
            SetKey(owner: $0.owner, type: $0.type, recordClass: $0.recordClass)
        }
        return sets.values.flatMap { set in
            let (owner, ttl) = (set[0].owner, set.map(\.ttl).min() ?? 0)
            return Set(set.map { steadied("\(owner) \(ttl) \($0.recordClass) \($0.type) \($0.data.text)") })
        }.sorted()
    }

    /// A zone's serial and the asker's own port (in `whoami`) differ from run to run.
    private static func steadied(_ text: String) -> String {
        var fields = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if fields[3] == "SOA", fields.count > 6, fields[6].count == 10 {
            fields[6] = "SERIAL"
        } else if fields[3] == "SRV", fields[1] == "0", fields.count == 8, fields[4...5] == ["0", "0"],
            fields[7] == ".",
            fields[0].contains("_udp.") || fields[0].contains("_tcp.")
        {
            fields[6] = "PORT"
        }
        return fields.joined(separator: " ")
    }
}

import DNSWire

extension GoObject {
    /// A question as CoreDNS has it: `.Name`, `.Qtype`, `.Qclass`.
    init(_ question: Question) {
        let line = ";\(question.name.text)\t\(question.recordClass)\t \(question.type)"
        self.init(
            type: "dns.Question",
            members: [
                "Name": .string(question.name.text),
                "Qtype": .number(Int128(question.type.rawValue), .uint16),
                "Qclass": .number(Int128(question.recordClass.rawValue), .uint16),
                "String": .string(line),
            ],
            text: line)
    }

    /// A message as CoreDNS has it: the fields of its header, and its sections.
    init(_ message: Message) {
        let flags = message.flags
        let header: [String: GoValue] = [
            "Id": .number(Int128(message.id), .uint16),
            "Response": .bool(flags.isResponse),
            "Opcode": .number(Int128(flags.opcode.rawValue)),
            "Authoritative": .bool(flags.isAuthoritative),
            "Truncated": .bool(flags.isTruncated),
            "RecursionDesired": .bool(flags.recursionDesired),
            "RecursionAvailable": .bool(flags.recursionAvailable),
            "Zero": .bool(flags.rawValue & 0x0040 != 0),
            "AuthenticatedData": .bool(flags.authenticData),
            "CheckingDisabled": .bool(flags.checkingDisabled),
            "Rcode": .number(Int128(flags.rawValue & 0x000F)),
        ]
        var additionals = message.additionals.map { GoValue.object(GoObject($0)) }
        if let edns = message.edns { additionals.append(.object(GoObject(edns))) }
        let sections: [String: GoValue] = [
            "MsgHdr": .object(GoObject(type: "dns.MsgHdr", members: header)),
            "Compress": .bool(false),
            "Question": .list(message.questions.map { .object(GoObject($0)) }, of: "dns.Question"),
            "Answer": .list(message.answers.map { .object(GoObject($0)) }, of: "dns.RR"),
            "Ns": .list(message.authorities.map { .object(GoObject($0)) }, of: "dns.RR"),
            "Extra": .list(additionals, of: "dns.RR"),
            "IsEdns0": message.edns.map { .object(GoObject($0)) } ?? .null("*dns.OPT"),
        ]
        self.init(type: "*dns.Msg", members: header.merging(sections) { first, _ in first })
    }

    /// A record: its header, and its text where it is printed.
    private init(_ record: Record) {
        let header = GoObject(
            owner: record.owner.text, type: record.type.rawValue, recordClass: record.recordClass.rawValue,
            ttl: record.ttl)
        self.init(
            type: "*dns.\(record.type)", members: ["Hdr": .object(header), "Header": .object(header)], text: record.text
        )
    }

    /// An OPT record, with the methods that read it.
    private init(_ edns: EDNS) {
        let header = GoObject(
            owner: ".", type: RecordType.OPT.rawValue, recordClass: edns.payloadSize,
            ttl: UInt32(edns.version) << 16 | (edns.dnssecOK ? 0x8000 : 0))
        self.init(
            type: "*dns.OPT",
            members: [
                "Hdr": .object(header), "Header": .object(header),
                "UDPSize": .number(Int128(edns.payloadSize), .uint16),
                "Version": .number(Int128(edns.version), .uint8),
                "Do": .bool(edns.dnssecOK),
            ])
    }

    private init(owner: String, type: UInt16, recordClass: UInt16, ttl: UInt32) {
        self.init(
            type: "dns.RR_Header",
            members: [
                "Name": .string(owner), "Rrtype": .number(Int128(type), .uint16),
                "Class": .number(Int128(recordClass), .uint16), "Ttl": .number(Int128(ttl), .uint32),
            ])
    }
}

import DNSWire
import Testing

@testable import DNSServer

@Suite("How a reply is begun, taken from elsewhere, and closed")
struct ReplyTests {
    private let worker: Worker

    init() throws {
        worker = try makeWorker()
    }

    private func admitted(_ message: [UInt8], over transport: Query.Transport = .udp) -> Query {
        let query = Query(worker: worker)
        query.transport = transport
        query.take(message.span)
        #expect(query.admit() == .admitted)
        return query
    }

    @Test("RD and CD come back for opcode QUERY, and only then", arguments: [(0x0110, 0x8110), (0x2110, 0xA000)])
    func flags(sent: UInt16, expected: UInt16) throws {
        let query = admitted(try queryMessage("a.example", flags: sent))
        query.beginReply()
        #expect(try sealed(query).flags.rawValue == expected)
    }

    @Test("The question comes back in the asker's case")
    func questionCase() throws {
        let query = admitted(try queryMessage("A.eXample"))
        query.beginReply(.nameError)
        query.sealReply()
        let octets = replyOctets(query)
        #expect(octets[13] == 0x41 && octets[16] == 0x58)
    }

    @Test("RFC 6891 §6.1.1: an OPT record comes back if and only if one came")
    func options() throws {
        let query = admitted(try queryMessage("a.example", edns: EDNS(payloadSize: 4_000, dnssecOK: true)))
        query.beginReply()
        let reply = try sealed(query)
        #expect(reply.edns?.payloadSize == 4_000)
        #expect(reply.edns?.dnssecOK == true)

        let plain = admitted(try queryMessage("a.example"))
        plain.beginReply()
        #expect(try sealed(plain).edns == nil)
    }

    @Test(
        "RFC 6891 §6.1.2, 7873 §5.2: no option goes back as it came; a client's cookie is no server's",
        arguments: [
            .nsid, .clientSubnet, .expire, .cookie, .tcpKeepalive, .padding, .extendedError, .init(rawValue: 65_001),
        ] as [EDNSOptionCode])
    func nothingIsRepeated(code: EDNSOptionCode) throws {
        let options = [EDNSOption(code, [1, 2, 3, 4, 5, 6, 7, 8]), EDNSOption(code)]
        let query = admitted(try queryMessage("a.example", edns: EDNS(options: options)))
        query.beginReply()
        #expect(try sealed(query).edns?.options == [])
    }

    @Test("RFC 7828 §3.3.2: who looks for it is told over a connection how long that may be idle, and nobody else is")
    func keepalive() throws {
        let asker = EDNS(options: [EDNSOption(.tcpKeepalive)])
        for (edns, time, expected) in [
            (asker, 100, [EDNSOption(.tcpKeepalive, [0, 100])]),
            (asker, 0x1234, [EDNSOption(.tcpKeepalive, [0x12, 0x34])]), (asker, 0, []), (EDNS(), 100, []),
            (EDNS(options: [EDNSOption(.cookie)]), 100, []),
        ] as [(EDNS, UInt16, [EDNSOption])] {
            let query = admitted(try queryMessage("a.example", edns: edns))
            query.keepaliveTime = time
            query.beginReply()
            #expect(try sealed(query).edns?.options == expected)
        }
    }

    @Test("an option of ours stands in the reply to who speaks EDNS, and nobody else gets one")
    func addedOption() throws {
        let query = admitted(try queryMessage("a.example", edns: EDNS()))
        query.beginReply()
        query.addReplyOption(.extendedError, [0, 3])
        query.addReplyOption(.nsid, [])
        let options = try sealed(query).edns?.options
        #expect(options == [EDNSOption(.extendedError, [0, 3]), EDNSOption(.nsid, [])])
        let plain = admitted(try queryMessage("a.example"))
        plain.beginReply()
        plain.addReplyOption(.extendedError, [0, 3])
        #expect(try sealed(plain).edns == nil)
    }

    @Test(
        "The limit is 512 octets without EDNS, the payload size with it but 512 to 4,096, and 65,535 over TCP",
        arguments: [(nil, 512), (100, 512), (512, 512), (1_232, 1_232), (4_097, 4_096), (65_535, 4_096)]
            as [(UInt16?, Int)])
    func limits(payload: UInt16?, limit: Int) throws {
        let edns = payload.map { EDNS(payloadSize: $0) }
        let message = try queryMessage("a.example", edns: edns)
        let overUDP = admitted(message)
        #expect(overUDP.replyLimit == limit)
        #expect(admitted(message, over: .tcp).replyLimit == 65_535)
        overUDP.beginReply()
        let address: [UInt8] = [192, 0, 2, 1]
        for _ in 0..<5_000 { overUDP.reply.appendRecord(ownerAt: 12, type: .A, ttl: 5, data: address.span) }
        let reply = try sealed(overUDP)
        #expect(reply.flags.isTruncated && reply.edns?.payloadSize == payload)
        #expect(overUDP.reply.count <= limit)
        #expect(overUDP.reply.count > limit - 40)
        #expect((reply.edns != nil) == (edns != nil))
    }

    @Test("A reply from elsewhere gets the query's ID and the asker's case, and loses its OPT record")
    func takenReply() throws {
        let query = admitted(try queryMessage("WWW.Example", edns: EDNS(payloadSize: 1_232)))
        var upstream = try decoded(queryMessage("www.example", id: 0x7777))
        upstream.flags.isResponse = true
        upstream.answers = [
            Record(try Name(parsing: "www.example"), .TXT, ttl: 9, .txt(TXTData(splitting: "x")))
        ]
        upstream.edns = EDNS(payloadSize: 512, options: [EDNSOption(.extendedError, [0, 15])])
        upstream.responseCode = .badCookie
        let wire = upstream.encoded()
        try query.takeReply(wire.span)
        let reply = try sealed(query)
        #expect(reply.id == 0x1234)
        #expect(reply.answers.count == 1)
        #expect(reply.edns?.payloadSize == 1_232)
        #expect(reply.edns?.options.map(\.code) == [.extendedError])
        #expect(reply.responseCode == .badCookie)
        #expect(replyOctets(query)[13] == 0x57)
    }

    @Test("What is rejected gets its header back without sections; NOTIMP keeps the opcode, FORMERR does not")
    func rejections() throws {
        let query = Query(worker: worker)
        let message = octets("1234 2910 0001 0000 0000 0000")
        query.take(message.span)
        #expect(query.admit() == .rejected(.notImplemented, isBare: true))
        query.reject(.notImplemented, isBare: true)
        query.sealReply()
        #expect(replyOctets(query) == octets("1234 A914 0000 0000 0000 0000"))
    }

    @Test("RFC 6891 §6.1.3: BADVERS says version 0 and is sixteen in all")
    func badVersion() throws {
        let query = Query(worker: worker)
        var edns = EDNS()
        edns.version = 3
        let message = try queryMessage("a.example", edns: edns)
        query.take(message.span)
        #expect(query.admit() == .rejected(.badVersion, isBare: false))
        query.reject(.badVersion, isBare: false)
        let reply = try sealed(query)
        #expect(reply.responseCode == .badVersion)
        #expect(reply.edns?.version == 0)
        #expect(reply.questions.count == 1)
        #expect(reply.edns?.payloadSize == 0)
    }
}

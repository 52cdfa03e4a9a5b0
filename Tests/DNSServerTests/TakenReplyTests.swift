import DNSWire
import Testing

@testable import DNSServer

@Suite("What is made of a reply from elsewhere")
struct TakenReplyTests {
    private let worker: Worker
    private static let question = "01 'a' 04 'test' 00 0001 0001"
    private static let answer = "C00C 0001 0001 0000003C 0004 C0000201"
    /// The name server `ns.a.test`, and its address behind the OPT record.
    private static let option = "00 0029 04D0 00000000 0006 000F 0002 0004"
    private static let glue = "02 'ns' C00C 0001 0001 0000003C 0004 C0000202"
    private static let signature = "03 'key' 00 00FA 00FF 00000000 0003 010203"

    init() throws {
        worker = try makeWorker()
    }

    private func wire(_ text: String) -> [UInt8] {
        text.split(separator: " ").flatMap { word in
            word.hasPrefix("'") ? Array(word.utf8.dropFirst().dropLast()) : octets(String(word))
        }
    }

    private func query(_ edns: EDNS? = EDNS(payloadSize: 1_232), isSigned: Bool = false) throws -> Query {
        let query = Query(worker: worker)
        var message = try queryMessage("a.test", edns: edns)
        if isSigned {
            message += wire(Self.signature)
            message[11] += 1
        }
        query.take(message.span)
        #expect(query.admit() == .admitted)
        return query
    }

    private func taken(
        _ counts: String, _ records: [String], _ query: Query, isDatagram: Bool = true
    ) throws -> Message {
        let reply = wire("0000 8180 0001 \(counts) \(Self.question) " + records.joined(separator: " "))
        try query.takeReply(reply.span, isDatagram: isDatagram)
        return try sealed(query)
    }

    @Test("RFC 6891 §6.1.1: an OPT record may stand anywhere in the additional section")
    func optionInTheMiddle() throws {
        let second = "02 'n2' C02D 0001 0001 0000003C 0004 C0000203"
        let reply = try taken("0001 0000 0003", [Self.answer, Self.option, Self.glue, second], try query())
        #expect(reply.answers.map(\.text) == ["a.test. 60 IN A 192.0.2.1"])
        #expect(reply.additionals.count == 2)
        #expect(reply.additionals.first?.text == "ns.a.test. 60 IN A 192.0.2.2")
        #expect(reply.edns?.options == [EDNSOption(.extendedError, [0, 4])])
    }

    @Test("of two OPT records the first counts, and one in another section does not")
    func strayOptions() throws {
        let other = "00 0029 04D0 00000000 0006 000F 0002 0005"
        let two = try taken("0001 0000 0002", [Self.answer, Self.option, other], try query())
        #expect(two.answers.count == 1 && two.additionals.isEmpty)
        #expect(two.edns?.options == [EDNSOption(.extendedError, [0, 4])])
        let elsewhere = try taken("0002 0000 0001", [other, Self.answer, Self.glue], try query())
        #expect(elsewhere.answers.count == 1 && elsewhere.additionals.count == 1)
        #expect(elsewhere.edns?.options == [])
    }

    @Test("RFC 8945 §5.5: who did not sign gets no signature, and the reply to who did stays as it is")
    func signed() throws {
        let records = [Self.answer, Self.option, Self.signature]
        let plain = try taken("0001 0000 0002", records, try query())
        #expect(plain.answers.count == 1 && plain.additionals.isEmpty)
        #expect(plain.edns?.options == [EDNSOption(.extendedError, [0, 4])])
        let asker = try query(isSigned: true)
        _ = try taken("0001 0000 0002", records, asker)
        let whole = wire("1234 8180 0001 0001 0000 0002 \(Self.question) " + records.joined(separator: " "))
        #expect(replyOctets(asker) == whole)
        // The next reply is made here.
        asker.beginReply(.serverFailure)
        #expect(try sealed(asker).additionals.isEmpty)
    }

    @Test("a count that is too high is put right; where an answer may be missing the asker is sent to TCP")
    func counts() throws {
        let extra = try taken("0001 0000 0001", [Self.answer], try query())
        #expect(extra.answers.count == 1 && extra.additionals.isEmpty && !extra.flags.isTruncated)
        let answer = try taken("0002 0000 0000", [Self.answer], try query())
        #expect(answer.answers.count == 1 && answer.flags.isTruncated)
        // A connection loses nothing: it is the count that is wrong.
        let stream = try taken("0002 0000 0000", [Self.answer], try query(), isDatagram: false)
        #expect(stream.answers.count == 1 && !stream.flags.isTruncated)
    }

    @Test("what is damaged changes nothing of the reply before it")
    func damaged() throws {
        let query = try query()
        _ = try taken("0001 0000 0001", [Self.answer, Self.option], query)
        let before = replyOctets(query)
        let bad = wire("0000 8182 0001 0001 0000 0000 \(Self.question) C00C 0001 0001 0000003C 0003 C00002")
        #expect(throws: WireError.badRecordData) { try query.takeReply(bad.span) }
        #expect(replyOctets(query) == before && query.replyOptions.count == 6 && query.responseCode == .noError)
        let cut = wire("0000 8182 0001 0001 0000 0000 \(Self.question) C00C 0001 0001 0000003C 0004 C000")
        #expect(throws: WireError.truncated) { try query.takeReply(cut.span, isDatagram: false) }
    }

    @Test("RFC 6891 §6.1.3: who has no OPT record is told SERVFAIL in place of a code of more than four bits")
    func extendedCode() throws {
        let badCookie = "00 0029 04D0 01000000 0000"
        let reply = wire("0000 8187 0001 0000 0000 0001 \(Self.question) \(badCookie)")
        let plain = try query(nil)
        try plain.takeReply(reply.span)
        #expect(plain.responseCode == .serverFailure)
        #expect(try sealed(plain).responseCode == .serverFailure)
        let extended = try query()
        try extended.takeReply(reply.span)
        #expect(try sealed(extended).responseCode == .badCookie)
        plain.beginReply(.badVersion)
        #expect(try sealed(plain).responseCode == .serverFailure)
    }

    @Test("RFC 7873 §5: the asker's cookie is not repeated in what an upstream replies, nor its own passed on")
    func options() throws {
        let cookie = EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])
        let asker = try query(EDNS(options: [cookie, EDNSOption(.nsid)]))
        let theirs = "00 0029 04D0 00000000 000C 000A 0008 0102030405060708"
        #expect(try taken("0001 0000 0001", [Self.answer, theirs], asker).edns?.options == [])
        let silent = try query(EDNS(options: [cookie, EDNSOption(.nsid)]))
        #expect(try taken("0001 0000 0000", [Self.answer], silent).edns?.options == [])
    }

    @Test("RFC 7873 §5, RFC 7828 §3, RFC 7830 §3: what is between the asker and this server goes no further")
    func dropped() throws {
        let sent = [
            EDNSOption(.padding, [0, 0]), EDNSOption(.nsid), EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8]),
            EDNSOption(.clientSubnet, [0, 1, 24, 0, 192, 0, 2]), EDNSOption(.tcpKeepalive),
        ]
        let query = try query(EDNS(options: sent))
        query.dropHopByHopOptions()
        let message = query.message.copy()
        #expect(try Message(decoding: message.span).edns?.options == [sent[1], sent[3]])
        #expect(query.edns?.end == message.count)
        let signed = try self.query(EDNS(options: sent), isSigned: true)
        signed.dropHopByHopOptions()
        let kept = signed.message.copy()
        #expect(try Message(decoding: kept.span).edns?.options == sent)
    }
}
